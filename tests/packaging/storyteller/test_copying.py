"""Longest runs of words in common, compared with the plain way to find them."""

import random

from copying import longest_common_runs, words


def plain(text: list[str], story: list[str]) -> int:
    best = 0
    for i in range(len(text)):
        for j in range(len(story)):
            length = 0
            while (
                i + length < len(text) and j + length < len(story) and text[i + length] == story[j + length]
            ):
                length += 1
            best = max(best, length)
    return best


def test_words_leave_out_punctuation_and_capitals() -> None:
    assert words('"Don\'t!" said Ben.') == ["don't", "said", "ben"]


def test_runs_are_those_found_the_plain_way() -> None:
    draw = random.Random(0)
    stories = [" ".join(draw.choices("abcd", k=draw.randint(1, 60))) for _ in range(12)]
    texts = [" ".join(draw.choices("abcde", k=draw.randint(1, 40))) for _ in range(20)] + [stories[3], "z"]
    wanted = [max(plain(text.split(), story.split()) for story in stories) for text in texts]
    assert longest_common_runs(texts, stories).tolist() == wanted


def test_no_run_crosses_from_one_story_or_text_to_the_next() -> None:
    assert longest_common_runs(["b c", "d"], ["a b", "c d"]).tolist() == [1, 1]
