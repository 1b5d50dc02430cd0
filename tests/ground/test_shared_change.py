"""A setting of the process that threads change together."""

import os

import pytest

from iqa_cli.ground.shared_change import SharedChange


class Swapped(SharedChange):
    value = "theirs"

    def _change(self):
        self.before, self.value = self.value, "ours"

    def _restore(self):
        self.value = self.before


def test_the_setting_comes_back_when_the_last_one_leaves():
    setting = Swapped()
    with setting:
        with setting:
            assert setting.value == "ours"
        assert setting.value == "ours"
    assert setting.value == "theirs"


def test_the_setting_comes_back_after_an_error():
    setting = Swapped()
    with pytest.raises(ZeroDivisionError), setting:
        raise ZeroDivisionError
    assert setting.value == "theirs"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked here")
def test_a_process_that_is_forked_meanwhile_has_the_setting_back_and_can_change_it():
    setting = Swapped()
    with setting, setting._lock:  # as a thread holds it that is about to leave
        child = os.fork()
        if not child:
            came_back = setting.value == "theirs"
            with setting:
                changed = setting.value == "ours"
            os._exit(0 if came_back and changed and setting.value == "theirs" else 1)
        status = os.waitpid(child, 0)[1]
    assert status == 0
