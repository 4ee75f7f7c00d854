from __future__ import annotations

import pytest

from inference.rowcaps import CANDIDATES, FLOOR, USUAL, RowCaps, knee


class TestKnee:
    def test_where_more_rows_make_none_cheaper_it_is_small(self) -> None:
        assert knee(lambda rows: 1.0 * rows) == FLOOR

    def test_where_launching_costs_most_it_is_large(self) -> None:
        assert knee(lambda rows: 0.025 + 0.00001 * rows) == CANDIDATES[-1]

    def test_the_smallest_within_a_tenth_of_the_best(self) -> None:
        seconds = {1: 0.10, 2: 0.15, 4: 0.24, 8: 0.41, 16: 0.80, 32: 1.60}
        assert knee(lambda rows: seconds[rows]) == 8

    def test_does_not_try_on_when_it_gets_worse(self) -> None:
        tried: list[int] = []

        def timed(rows: int) -> float:
            tried.append(rows)
            return rows**2 / 1000

        assert knee(timed) == FLOOR
        assert tried == [1, 2, 4]

    def test_no_more_than_the_most(self) -> None:
        assert knee(lambda rows: 25.0 / 1000 + 0.0001 * rows, most=16) == 16

    def test_a_long_call_is_the_last_one_tried(self) -> None:
        tried: list[int] = []

        def timed(rows: int) -> float:
            tried.append(rows)
            return 3.0

        knee(timed)
        assert tried == [1]


class TestRowCaps:
    def test_what_was_measured(self) -> None:
        caps = RowCaps()
        caps.learn("sd", 512 * 512, 8)
        assert caps.of("sd", 512 * 512) == 8

    @pytest.mark.parametrize(("side", "rows"), [(256, 32), (1024, 2), (2048, FLOOR)])
    def test_other_sizes_by_their_pixels(self, side: int, rows: int) -> None:
        caps = RowCaps()
        caps.learn("sd", 512 * 512, 8)
        assert caps.of("sd", side * side) == rows

    def test_an_unmeasured_model_has_the_usual(self) -> None:
        assert RowCaps().of("new", 64) == USUAL

    def test_halving_ends_at_one_image(self) -> None:
        caps = RowCaps()
        caps.learn("sd", 64, 8)
        assert [caps.halve("sd", 64) for _ in range(3)] == [True, True, False]
        assert caps.of("sd", 64) == FLOOR
        assert caps.of("sd", 128) == 4
