"""gnt-cluster verify-disks: what is made of the results of the groups."""

from ganeti.client.cluster.disks import merged


def test_an_instance_in_two_groups_is_activated_once_and_only_if_nothing_is_missing() -> None:
    findings = merged(
        [
            [{}, ["a", "b"], {}],
            [{"u1": "no route"}, ["b", "c"], {"c": [["u2", "vg/lv"]]}],
        ]
    )
    assert findings.to_activate == ["a", "b"]
    assert findings.failures == {"u1": "no route"}
    assert set(findings.missing) == {"c"}
