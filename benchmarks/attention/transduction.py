"""``bahdanau_gru`` on a task whose alignment is known: write a string backwards, each letter replaced by another one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from benchmarks.attention import pictures
from benchmarks.attention.outcome import Course, Outcome, Report, learn, seeded
from pipeline.core.models.attention.bahdanau_gru import BahdanauGru
from pipeline.core.models.attention.scores import lengths_to_mask

NAME = "bahdanau_gru"
LETTERS, SHORTEST, LONGEST, TEST_STRINGS = 26, 4, 12, 2000
PADDING, START = 0, LETTERS + 1  # letters are 1 … 26
HIDDEN, LAYERS = 32, 2
DROPOUT = 0.5  # between layers: a neighbour's state is then no reliable carrier of a letter, and attention has to go where it stands
COURSE = Course(samples=8000, epochs=10, batch=64, learning_rate=1e-2)


class Strings(NamedTuple):
    """Padded strings and what shall be written for them.

    Args:
        source: ``(B, T)`` letters, 0 in the padding.
        lengths: ``(B,)``.
        written: ``(B, T)`` letters to write, 0 after the end.
        aligned: ``(B, T)`` position of the source letter behind each written one.
        there: ``(B, T)`` bool; the same for source and output, which are of equal length.
    """

    source: Tensor
    lengths: Tensor
    written: Tensor
    aligned: Tensor
    there: Tensor

    def rows(self, which: Tensor | slice) -> Strings:
        """Return some of the strings."""
        return Strings(*(field[which] for field in self))


def draw(count: int, seed: int) -> Strings:
    """Return random strings of 4 to 12 letters; the replacement of letters is the same for every seed."""
    replacement = torch.randperm(LETTERS, generator=torch.Generator().manual_seed(0)) + 1
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(SHORTEST, LONGEST + 1, (count,), generator=generator)
    there = lengths_to_mask(lengths, LONGEST)
    source = torch.randint(1, LETTERS + 1, (count, LONGEST), generator=generator) * there
    aligned = (lengths[:, None] - 1 - torch.arange(LONGEST)).clamp_min(0)
    written = replacement[(source.gather(1, aligned) - 1).clamp_min(0)] * there
    return Strings(source, lengths, written, aligned, there)


class Transducer(nn.Module):
    """Letters in, letters out, around the mechanism."""

    def __init__(self) -> None:
        super().__init__()
        self.read = nn.Embedding(LETTERS + 1, HIDDEN, padding_idx=PADDING)
        self.wrote = nn.Embedding(LETTERS + 2, HIDDEN)
        self.mechanism = BahdanauGru(HIDDEN, HIDDEN, HIDDEN, LAYERS, DROPOUT)
        self.out = nn.Linear(2 * HIDDEN, LETTERS + 1)

    def forward(self, strings: Strings, *, taught: bool) -> tuple[Tensor, Tensor]:
        """Return logits ``(B, T, letters)`` and weights ``(B, T, T)``, output step × input step.

        Args:
            strings: What to read.
            taught: Whether each step is told the true previous letter (teacher forcing) or its own (free running).
        """
        outputs, state = self.mechanism.encode(self.read(strings.source), strings.lengths)
        last = torch.full((len(strings.source),), START)
        logits, rows = [], []
        for j in range(LONGEST):
            state, said, weights = self.mechanism.step(self.wrote(last), state, outputs, strings.there)
            logits.append(self.out(said))
            rows.append(weights)
            last = strings.written[:, j] if taught else logits[-1].argmax(-1)
        return torch.stack(logits, 1), torch.stack(rows, 1)


def exact_match(logits: Tensor, strings: Strings) -> float:
    """Return the share of strings written without a single wrong letter."""
    return float(((logits.argmax(-1) == strings.written) | ~strings.there).all(1).float().mean())


def run(folder: Path, report: Report, course: Course = COURSE) -> Outcome:
    """Train with the teacher, test on strings never seen, running freely."""
    training = draw(course.samples, course.seed + 1)
    seen = {tuple(string) for string in training.source.tolist()}
    test = draw(TEST_STRINGS, course.seed + 2)
    test = test.rows(torch.tensor([tuple(string) not in seen for string in test.source.tolist()]))
    network = seeded(Transducer, course.seed)

    def loss_of_rows(rows: Tensor) -> Tensor:
        strings = training.rows(rows)
        logits, _ = network(strings, taught=True)
        return cross_entropy(logits[strings.there], strings.written[strings.there])

    curve = learn(network, loss_of_rows, course, report)
    with torch.no_grad():
        free, weights = network(test, taught=False)
        taught, _ = network(test, taught=True)
    on_source = float(weights.gather(2, test.aligned.unsqueeze(-1)).squeeze(-1)[test.there].mean())
    in_padding = float(weights.masked_select(~test.there.unsqueeze(1)).abs().max())
    examples = [_example(test, free, weights, length) for length in (5, 8, 12)]
    picture = pictures.alignments(folder / f"{NAME}.png", examples, title="Output letter (down) × input letter (across), unseen strings")
    figures = {"attention_on_true_source": on_source, "attention_in_padding": in_padding, "exact_match_taught": exact_match(taught, test)}
    findings = {
        "attention on the true source letter is 90 % or more": on_source >= 0.9,
        "attention in the padding is exactly 0": in_padding == 0,
        "exact match with a teacher is 99 % or more too": figures["exact_match_taught"] >= 0.99,
    }
    settings = asdict(course) | {"hidden": HIDDEN, "layers": LAYERS, "dropout": DROPOUT, "letters": LETTERS, "longest": LONGEST}
    metric = "exact match on unseen strings, running freely"
    return Outcome(NAME, metric, exact_match(free, test), 0.99, False, findings, figures, settings, [picture], curve)


def _example(test: Strings, logits: Tensor, weights: Tensor, length: int) -> tuple[str, str, np.ndarray]:
    row = int((test.lengths == length).nonzero()[0])
    source, written = ("".join(chr(96 + int(letter)) for letter in line[:length]) for line in (test.source[row], logits[row].argmax(-1)))
    return source, written, weights[row, :length, :length].numpy()
