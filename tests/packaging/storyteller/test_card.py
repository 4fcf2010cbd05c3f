"""The sentences of the card that depend on how the training went."""

from card import course, exercises, quoted


def test_exercises_are_summed_over_the_changes_of_the_recipe() -> None:
    training = {
        "steps": 100,
        "recipe": {"batch": 32, "repeats": 4},
        "changes": [
            {"step": 50, "what": "repeats", "was": 0, "now": 8},
            {"step": 60, "what": "rate", "was": 1.0, "now": 0.5},
            {"step": 75, "what": "repeats", "was": 8, "now": 4},
        ],
    }
    text = " ".join(exercises(training).split())
    assert "9% of the windows of 100 steps" in text  # (25 · 8 + 25 · 4) / 3200
    assert "0 of 32 from step 0, 8 of 32 from step 50, 4 of 32 from step 75" in text


def test_a_run_without_exercises_says_so() -> None:
    training = {"steps": 9, "recipe": {"batch": 32, "repeats": 0}, "changes": []}
    assert exercises(training) == "The heads grew from the stories alone."


def test_a_run_that_was_cut_says_so() -> None:
    history = [{"minutes": 5.0, "tokens": 2e6, "held_out_average": 2.5}]
    cut = course({"minutes": 30.0, "planned_minutes": 80.0, "history": history})
    assert "stopped early**, after 30 of 80 planned minutes" in cut
    whole = course({"minutes": 80.0, "planned_minutes": 80.0, "history": history})
    assert "came to the end of its cosine" in whole
    assert "| 5 | 2.0 | 2.500 |" in whole


def test_samples_show_their_prompt_and_keep_their_lines() -> None:
    assert quoted("A dog", 3, "A dog ran.\n\nIt sat.") == "Seed 3:\n\n> **A dog** ran.\n>\n> It sat."
    assert quoted("", 0, "Once.") == "Seed 0:\n\n> **(no prompt)** Once."
