"""Groups of sites, and names of versions."""

import pytest

from pipeline.config import Settings
from pipeline.core.series.groups import FLEET, group_of, group_of_site, in_group, split_version

GROUPS = ("kind=core", "region=west", "kind=edge")


@pytest.mark.parametrize(
    ("labels", "group"),
    [
        ({"region": "west", "kind": "edge"}, "region=west"),
        ({"region": "west", "kind": "core"}, "kind=core"),
        ({"region": "western"}, FLEET),
        ({}, FLEET),
    ],
)
def test_a_site_is_in_the_first_group_whose_label_it_has(labels, group):
    assert group_of_site(labels, GROUPS) == group


@pytest.mark.parametrize("group", [FLEET, "region=west", "path=a:b/c", "k==v"])
def test_the_name_of_a_version_says_whose_it_is(group):
    assert split_version(in_group(group, "12")) == (group, "12")
    assert group_of(in_group(group, "champion")) == group


def test_a_registered_model_has_a_name_that_the_registry_takes():
    assert Settings(registered_model="cdn").model_of("") == "cdn"
    assert Settings().model_of("path=a:b/c ü") == "dayahead-path=a%3Ab%2Fc %C3%BC"


@pytest.mark.parametrize("value", ["west", "=west", "region=", "region=west,region=west"])
def test_groups_that_name_no_label_are_refused(value):
    with pytest.raises(ValueError, match="expected KEY=VALUE of labels"):
        Settings(groups=value)
