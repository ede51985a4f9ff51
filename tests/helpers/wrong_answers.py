"""What the tests of every chapter's exercises have in common."""

from companion.checks import EXERCISES, check


class WrongAnswers:
    """Plausible wrong answers to a chapter's exercises, each with words of its verdict."""

    chapter, table = "", {}

    def pytest_generate_tests(self, metafunc):
        if "answer" in metafunc.fixturenames:
            rows = [(name, *row) for name, answers in self.table.items() for row in answers]
            metafunc.parametrize(("name", "answer", "words"), rows)

    def test_a_wrong_answer_is_told_why(self, name, answer, words):
        verdict = check(name, answer)
        assert not verdict.passed, verdict
        assert words in verdict.said, verdict

    def test_each_mistake_is_made_by_one_of_them(self):
        for name, answers in self.table.items():
            for mistake in EXERCISES[name].mistakes:
                assert any(words in mistake.says for _, words in answers), mistake.says

    def test_each_exercise_has_three_wrong_answers_or_more(self):
        names = [name for name in EXERCISES if name.startswith(f"{self.chapter}-")]
        assert list(self.table) == names
        assert min(map(len, self.table.values())) >= 3
