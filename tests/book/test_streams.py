"""What a cell prints comes out as one text, however busy the machine was."""

import course
import pytest


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


@pytest.mark.parametrize("pieces", [["T: [1 2]\nend\n"], ["T:", " [1 2]\n", "end", "\n"]])
def test_pieces_of_a_stream_are_joined_as_they_came(pieces):
    outputs = [stream(piece) for piece in pieces]
    assert course.join_streams(outputs) == [stream("T: [1 2]\nend\n")]
    assert outputs == [stream(piece) for piece in pieces], "the notebook was changed"


def test_streams_stay_apart_and_before_what_came_later():
    shown = {"output_type": "display_data"}
    outputs = [stream("a"), stream("x", "stderr"), shown, stream("b\n")]
    assert course.join_streams(outputs) == [stream("ab\n"), stream("x\n", "stderr"), shown]
