"""Invented people of the demonstration's cases."""

from dataclasses import dataclass
from datetime import date

from aktenlauf.cli.demo import applicant
from aktenlauf.kit.adapters.demo_idp import DemoUser


@dataclass(frozen=True, slots=True)
class Somebody:
    """Who applies. `iso` is the state of birth and nationality, `sex` the key of the form."""

    subject: str
    given: str
    family: str
    born: date
    sex: str
    iso: str
    birthplace: str

    @property
    def user(self) -> DemoUser:
        """As the demo provider knows them."""
        return applicant(self.subject, self.given, self.family, self.born)


LINH = Somebody("linh", "Linh", "Nguyễn", date(2001, 7, 2), "w", "VN", "Hải Phòng")
MATEO = Somebody("mateo", "Mateo", "Quispe Mamani", date(1998, 11, 30), "m", "BO", "Oruro")

_LINES = """
okonjo      | Chiamaka          | Okonjo            | 1999-02-11 | w | NG | Enugu
traore      | Moussa            | Traoré            | 1997-08-23 | m | ML | Ségou
sevcuk      | Olena             | Ševčuk            | 2000-05-17 | w | UA | Poltawa
petrosyan   | Nairi             | Petrosjan         | 1998-12-03 | m | AM | Gjumri
yildirim    | Elif              | Yıldırımoğlu      | 2001-01-29 | w | TR | Eskişehir
rahimi      | Parisa            | Rahimi-Tehrani    | 1996-09-14 | w | IR | Schiras
wijesinghe  | Tharindu          | Wijesinghe        | 1999-04-08 | m | LK | Kandy
mwangi      | Wanjiru           | Mwangi            | 2000-10-21 | w | KE | Nakuru
kozak       | Taras             | Kozačenko         | 1998-03-02 | m | UA | Lwiw
benali      | Yasmine           | Ben Ali-Cherif    | 1997-06-19 | w | TN | Sousse
castro      | José Ángel        | Castro Ñañez      | 1999-11-05 | m | PE | Arequipa
gonzaga     | Beatriz           | Gonzaga da Conceição | 2000-07-27 | w | BR | Salvador
tshering    | Pema              | Tshering          | 1998-01-13 | m | BT | Paro
alsayed     | Noor              | Al-Sayed          | 2001-03-30 | w | JO | Irbid
haile       | Saba              | Haile             | 1999-08-09 | w | ER | Keren
stojanovic  | Miloš             | Stojanović        | 1997-02-26 | m | RS | Niš
ibragimov   | Timur             | Ibragimov         | 1998-10-15 | m | UZ | Samarkand
phiri       | Thandiwe          | Phiri             | 2000-12-24 | w | ZM | Ndola
sandoval    | Lucía             | Sandoval Gutiérrez | 1999-05-06 | w | MX | Puebla
lim         | Wei Ling          | Lim               | 2001-09-18 | w | MY | Ipoh
ramadhani   | Putri             | Ramadhani         | 2000-02-02 | w | ID | Bandung
abebe       | Dawit             | Abebe             | 1996-11-28 | m | ET | Mekelle
hossain     | Farhana           | Hossain           | 1998-07-11 | w | BD | Khulna
gurung      | Bishal            | Gurung            | 1999-01-20 | m | NP | Pokhara
dimitrova   | Aleksandra        | Dimitrovska       | 1997-12-07 | w | MK | Bitola
nkosi       | Sipho             | Dlamini-Nkosi     | 1998-06-25 | m | ZA | Durban
park        | Ji-woo            | Park              | 2000-04-12 | w | KR | Daegu
tanigawa    | Haruto            | Tanigawa          | 1999-09-01 | m | JP | Sendai
kamara      | Fatoumata         | Kamara            | 2001-05-23 | w | GN | Kindia
berisha     | Arta              | Berishaj          | 1998-08-16 | w | AL | Shkodër
ouedraogo   | Issouf            | Ouédraogo         | 1997-04-29 | m | BF | Koudougou
khan        | Ayesha            | Khan              | 1999-10-10 | w | PK | Multan
sharma      | Rohan             | Sharma            | 2000-06-03 | m | IN | Nagpur
vargas      | Valentina         | Vargas Peñaloza   | 1998-02-18 | w | CO | Manizales
asante      | Kwame             | Asante-Boateng    | 1996-12-21 | m | GH | Kumasi
liu         | Yǔxuān            | Liú               | 2001-08-05 | w | CN | Xiamen
"""


def _read(line: str) -> Somebody:
    subject, given, family, born, sex, iso, birthplace = (part.strip() for part in line.split("|"))
    return Somebody(subject, given, family, date.fromisoformat(born), sex, iso, birthplace)


OTHERS = tuple(_read(line) for line in _LINES.strip().splitlines())
