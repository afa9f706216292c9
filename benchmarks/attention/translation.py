"""``bahdanau_gru`` as its author used it: sentences in, sentences out, of free lengths, decoded greedily until it stops by itself.

The author's settings are run beside ours: an encoder that reads forwards only, an answer from the decoder's state alone.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pad_sequence

from benchmarks.attention import pictures
from benchmarks.attention.corpus import Sentence, corpus
from benchmarks.attention.outcome import Course, Outcome, Report, learn, seeded
from pipeline.core.models.attention.bahdanau_gru import BahdanauGru
from pipeline.core.models.attention.scores import lengths_to_mask
from pipeline.core.models.contract import Progress

NAME = "bahdanau_gru"
TEST_SENTENCES, MOST_WORDS = 1000, 30
PADDING, START, END = 0, 1, 2
SPECIAL = ("<pad>", "<start>", "<end>")
HIDDEN, LAYERS, DROPOUT = 32, 2, 0.1
COURSE = Course(samples=10_000, epochs=12, batch=64, learning_rate=1e-2)


class Text(NamedTuple):
    """Sentences as numbers, each side padded at its end.

    Args:
        source: ``(B, T)`` words.
        lengths: ``(B,)`` of the source.
        target: ``(B, J)`` words, then the end.
        origin: ``(B, J)`` position of the source word behind each word of the target; 0 from the end on.
    """

    source: Tensor
    lengths: Tensor
    target: Tensor
    origin: Tensor

    def rows(self, which: Tensor | slice) -> Text:
        """Return some of the sentences."""
        return Text(*(field[which] for field in self))


class Vocabularies(NamedTuple):
    """The words of both sides; a word's place is its number."""

    source: tuple[str, ...]
    target: tuple[str, ...]

    @classmethod
    def of(cls, sentences: list[Sentence]) -> Vocabularies:
        """Return all words of some sentences."""
        sides = ({word for sentence in sentences for word in getattr(sentence, side)} for side in ("source", "target"))
        return cls(*((*SPECIAL, *sorted(words)) for words in sides))

    def encode(self, sentences: list[Sentence]) -> Text:
        """Return sentences as numbers."""
        first, second = ({word: i for i, word in enumerate(side)} for side in self)
        source = [torch.tensor([first[word] for word in sentence.source]) for sentence in sentences]
        target = [torch.tensor([*(second[word] for word in sentence.target), END]) for sentence in sentences]
        origin = [torch.tensor([*sentence.origin, 0]) for sentence in sentences]
        padded = (pad_sequence(side, batch_first=True, padding_value=PADDING) for side in (source, target, origin))
        words, written, aligned = padded
        return Text(words, torch.tensor([len(line) for line in source]), written, aligned)

    def decode(self, written: Tensor) -> list[str]:
        """Return the words of each row of the target ``(B, J)`` up to its end."""
        lines = ([self.target[word] for word in row[: row.index(END) if END in row else None]] for row in written.tolist())
        return [" ".join(line) for line in lines]


class Translator(nn.Module):
    """Words in, words out, around the mechanism."""

    def __init__(self, words: Vocabularies, *, as_author: bool = False) -> None:
        super().__init__()
        self.read = nn.Embedding(len(words.source), HIDDEN, padding_idx=PADDING)
        self.wrote = nn.Embedding(len(words.target), HIDDEN)
        self.mechanism = BahdanauGru(HIDDEN, HIDDEN, HIDDEN, LAYERS, DROPOUT, both_ways=not as_author)
        self.heard = HIDDEN if as_author else 2 * HIDDEN  # of the state and the context beside it
        self.out = nn.Linear(self.heard, len(words.target))

    def forward(self, text: Text, *, taught: bool) -> tuple[Tensor, Tensor]:
        """Return logits ``(B, J, words)`` and weights ``(B, J, T)``, output step × input step.

        Args:
            text: What to read.
            taught: Whether each step is told the true previous word (teacher forcing), as many steps as there are; or its own, until every
                sentence has ended or ``MOST_WORDS`` are written.
        """
        outputs, state = self.mechanism.encode(self.read(text.source), text.lengths)
        there = lengths_to_mask(text.lengths, text.source.shape[1])
        last = torch.full((len(text.source),), START)
        ended = torch.zeros(len(text.source), dtype=torch.bool)
        logits, rows = [], []
        for j in range(text.target.shape[1] if taught else MOST_WORDS):
            state, said, weights = self.mechanism.step(self.wrote(last), state, outputs, there)
            logits.append(self.out(said[:, : self.heard]))
            rows.append(weights)
            last = text.target[:, j] if taught else logits[-1].argmax(-1)
            ended |= last == END
            if not taught and ended.all():
                break
        return torch.stack(logits, 1), torch.stack(rows, 1)


def run(folder: Path, report: Report, course: Course = COURSE) -> Outcome:
    """Train with the teacher, translate sentences never seen, and score them by BLEU; then the same with the author's settings."""
    sentences = corpus(course.samples + TEST_SENTENCES, course.seed)
    words = Vocabularies.of(sentences)
    text = words.encode(sentences)
    training, test = text.rows(slice(course.samples)), text.rows(slice(course.samples, None))
    network, curve = _learnt(words, training, course, report)
    figures = _scores(words, network, test)
    author, _ = _learnt(words, training, course, _in_silence, as_author=True)
    figures |= {f"{name}_as_author": value for name, value in _scores(words, author, test).items()}
    with torch.no_grad():
        _, weights = network(test, taught=True)
    examples = _examples(sentences[course.samples :], weights)
    picture = pictures.alignments(folder / f"{NAME}.png", examples, title="Output word (down) × input word (across), unseen sentences")
    findings = {
        "three quarters of the attention lie on the word of origin": figures["attention_on_origin"] >= 0.75,
        "attention in the padding is exactly 0": figures["attention_in_padding"] == 0,
    }
    settings = asdict(course) | {"hidden": HIDDEN, "layers": LAYERS, "dropout": DROPOUT}
    settings |= {"source_words": len(words.source), "target_words": len(words.target)}
    metric = "BLEU on unseen sentences, greedy, stops by itself"
    return Outcome(NAME, metric, figures["bleu"], 99.0, False, findings, figures, settings, [picture], curve)


def _learnt(
    words: Vocabularies, training: Text, course: Course, report: Report, *, as_author: bool = False
) -> tuple[Translator, list[Progress]]:
    network: Translator = seeded(lambda: Translator(words, as_author=as_author), course.seed)

    def loss_of_rows(rows: Tensor) -> Tensor:
        batch = training.rows(rows)
        logits, _ = network(batch, taught=True)
        return cross_entropy(logits.flatten(0, 1), batch.target.flatten(), ignore_index=PADDING)

    return network, learn(network, loss_of_rows, course, report)


def _in_silence(_: Progress) -> None:
    """Hear of a progress and say nothing."""


@torch.no_grad()
def _scores(words: Vocabularies, network: Translator, test: Text) -> dict[str, float]:
    """BLEU and exact match of what is written freely, and where the attention of a taught decoder lies."""
    from sacrebleu import corpus_bleu

    free, _ = network(test, taught=False)
    _, weights = network(test, taught=True)
    written, references = words.decode(free.argmax(-1)), words.decode(test.target)
    word = (test.target != PADDING) & (test.target != END)
    there = lengths_to_mask(test.lengths, test.source.shape[1])
    return {
        "bleu": corpus_bleu(written, [references], tokenize="none", force=True).score,
        "exact_match": sum(a == b for a, b in zip(written, references, strict=True)) / len(references),
        "attention_on_origin": float(weights.gather(2, test.origin.unsqueeze(-1)).squeeze(-1)[word].mean()),
        "attention_in_padding": float(weights.masked_select(~there.unsqueeze(1)).abs().max()),
    }


def _examples(sentences: list[Sentence], weights: Tensor) -> list[tuple[tuple[str, ...], tuple[str, ...], np.ndarray]]:
    """Two sentences of a size that can be read, with their attention."""
    chosen = [row for row, sentence in enumerate(sentences) if len(sentence.source) <= 9 <= len(sentence.target)][:2]
    return [
        (sentences[row].source, sentences[row].target, weights[row, : len(sentences[row].target), : len(sentences[row].source)].numpy())
        for row in chosen
    ]
