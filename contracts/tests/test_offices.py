"""The office register: one competent office a place, and nothing that could be taken for a real one."""

from aktenlauf.contracts.offices import by_ags, by_postcode, offices


def test_the_office_is_found_by_postcode_and_by_municipality():
    for office in offices().values():
        assert all(by_postcode(f" {postcode} ") is office for postcode in office.postcodes)
        assert all(by_ags(ags) is office for ags in office.ags)


def test_a_place_of_nobody_has_no_office():
    assert by_postcode("10115") is None
    assert by_postcode("") is None
    assert by_ags("11000000") is None


def test_offices_lie_in_different_laender_one_in_bavaria_and_one_is_kept_for_tests():
    lands = [office.land for office in offices().values()]
    assert len(set(lands)) == len(lands) == 3 and "BY" in lands
    assert [office.key for office in offices().values() if office.test] == ["probstadt"]


def test_invented_offices_have_places_and_addresses_that_nobody_has():
    for office in offices().values():
        assert all(postcode.startswith("00") for postcode in office.postcodes)
        assert all(ags[2:5] == "999" for ags in office.ags)
        assert office.contact.email.endswith(".example") and office.contact.website.endswith(".example")
        assert office.address.postcode in office.postcodes


def test_every_office_has_places_for_appointments_and_each_is_found_by_its_key():
    for office in offices().values():
        assert [office.place(place.key) for place in office.places] == list(office.places)
        assert office.place("nirgends") is None


def test_places_take_appointments_only_on_days_with_hours_that_end_after_they_begin():
    hours = [hours for office in offices().values() for place in office.places for hours in place.hours]
    assert all(each.opens < each.closes for each in hours)
