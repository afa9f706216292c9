"""What the address of the fleet's page asks the database for."""

from pipeline.web.fleet import Choice


def test_a_nul_that_was_encoded_twice_does_not_reach_the_database():
    assert Choice("", "re%00gion=%00south", "peak", "down", 1).values == {"search": "", "key": "region", "value": "south"}
