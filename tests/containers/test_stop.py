"""The end: in good order, and nothing is left. The name of this file puts it behind all that need the product."""

from __future__ import annotations


def test_a_stop_ends_both_in_good_order_and_leaves_nothing(product):
    product.compose("stop")
    assert [product.inspect(service)["State"]["ExitCode"] for service in ("gateway", "triton")] == [0, 0]
    product.compose("down", "--volumes")
    for what in ("container", "network", "volume"):
        listed = ["docker", what, "ls", "--quiet"]
        mine = ["--filter=label=com.docker.compose.project=paddleocr-vl"]
        assert product.engine.run(*listed, *(["--all"] if what == "container" else []), *mine) == ""
