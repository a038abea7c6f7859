async def test_smoke(intake):
    browser = await intake.signed_in()
    for path in ("/", "/hilfe", "/impressum", "/datenschutz", "/barrierefreiheit", "/antrag/neu/study_extension", "/antrag"):
        assert (await browser.get(path)).status_code == 200, path
    path = await browser.begin()
    page = await browser.arrive(path)
    assert page.status_code == 200, page.text
    q = await browser.get(path + "/person_name")
    assert q.status_code == 200
    a = await browser.send(q, path + "/person_name", person__family_name="Haddad", person__has_other_names="no")
    assert a.status_code == 303, a.text
    print(a.headers["location"])
    c = await browser.get(path + "/pruefen")
    assert c.status_code == 200
