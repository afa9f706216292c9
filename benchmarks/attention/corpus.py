"""A parallel corpus made by rule: English sentences and their French ones, of which every word's origin is known.

Words change their order (``the green cars`` → ``les voitures vertes``; a time moves to the front) and their number (``does not see`` → ``ne
voit pas``; ``saw`` → ``a vu``; ``potato`` → ``pomme de terre``), and agree in number and gender. People's sentences have to be downloaded.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

# English singular, plural; French singular, plural; feminine or masculine
NOUNS = [
    line.split(", ")
    for line in (
        "cat, cats, chat, chats, m",
        "dog, dogs, chien, chiens, m",
        "bird, birds, oiseau, oiseaux, m",
        "boat, boats, bateau, bateaux, m",
        "book, books, livre, livres, m",
        "garden, gardens, jardin, jardins, m",
        "knife, knives, couteau, couteaux, m",
        "newspaper, newspapers, journal, journaux, m",
        "goldfish, goldfishes, poisson rouge, poissons rouges, m",
        "railway, railways, chemin de fer, chemins de fer, m",
        "house, houses, maison, maisons, f",
        "car, cars, voiture, voitures, f",
        "table, tables, table, tables, f",
        "flower, flowers, fleur, fleurs, f",
        "letter, letters, lettre, lettres, f",
        "key, keys, clé, clés, f",
        "girl, girls, fille, filles, f",
        "mountain, mountains, montagne, montagnes, f",
        "potato, potatoes, pomme de terre, pommes de terre, f",
        "bat, bats, chauve souris, chauves souris, f",
    )
]
ADJECTIVES = {  # masculine and feminine, singular and plural; whether it stands before its noun
    "green": ("vert verte verts vertes", False),
    "blue": ("bleu bleue bleus bleues", False),
    "black": ("noir noire noirs noires", False),
    "white": ("blanc blanche blancs blanches", False),
    "heavy": ("lourd lourde lourds lourdes", False),
    "round": ("rond ronde ronds rondes", False),
    "small": ("petit petite petits petites", True),
    "big": ("grand grande grands grandes", True),
    "new": ("nouveau nouvelle nouveaux nouvelles", True),
    "pretty": ("joli jolie jolis jolies", True),
}
DETERMINERS = {  # singular, plural → masculine, feminine, plural
    ("the", "the"): ("le", "la", "les"),
    ("a", "some"): ("un", "une", "des"),
    ("my", "my"): ("mon", "ma", "mes"),
    ("this", "these"): ("ce", "cette", "ces"),
}
VERBS = [  # third person, base, past → third person singular, plural, participle
    line.split()
    for line in (
        "sees see saw voit voient vu",
        "finds find found trouve trouvent trouvé",
        "takes take took prend prennent pris",
        "sells sell sold vend vendent vendu",
        "loses lose lost perd perdent perdu",
        "carries carry carried porte portent porté",
        "draws draw drew dessine dessinent dessiné",
        "hides hide hid cache cachent caché",
        "chooses choose chose choisit choisissent choisi",
        "watches watch watched regarde regardent regardé",
    )
]
TIMES = {"today": "aujourd'hui", "yesterday": "hier", "every day": "chaque jour", "at night": "la nuit", "tonight": "ce soir"}
PLACES = {"in": "dans", "behind": "derrière", "under": "sous", "near": "près de"}


class Sentence(NamedTuple):
    """A sentence and its translation, word by word.

    Args:
        source: Words.
        target: Words.
        origin: For each word of the target, the position of the source word that it comes from.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    origin: tuple[int, ...]


class _Writer:
    """Writes both sides; a phrase of the target names the source word it comes from."""

    def __init__(self) -> None:
        self.source: list[str] = []
        self.target: list[tuple[str, int]] = []

    def read(self, words: str) -> int:
        """Add words to the source and return the position of the last."""
        self.source += words.split()
        return len(self.source) - 1

    def write(self, words: str, origin: int) -> None:
        """Add words to the target that come from a source word."""
        self.target += [(word, origin) for word in words.split()]


def corpus(count: int, seed: int) -> list[Sentence]:
    """Return so many different sentences."""
    rng = np.random.default_rng(seed)
    found: dict[tuple[str, ...], Sentence] = {}
    while len(found) < count:
        sentence = _sentence(rng)
        found[sentence.source] = sentence
    return list(found.values())


def _sentence(rng: np.random.Generator) -> Sentence:
    writer = _Writer()
    plural = _noun_phrase(writer, rng)
    _verb(writer, rng, plural=plural)
    _noun_phrase(writer, rng)
    if rng.random() < 0.4:
        place = _one_of(rng, list(PLACES))
        writer.write(PLACES[place], writer.read(place))
        _noun_phrase(writer, rng)
    target = writer.target
    if rng.random() < 0.4:
        time = _one_of(rng, list(TIMES))
        last = writer.read(time)
        target = [(word, last) for word in TIMES[time].split()] + target
    words, origin = zip(*target, strict=True)
    return Sentence(tuple(writer.source), words, origin)


def _noun_phrase(writer: _Writer, rng: np.random.Generator) -> bool:
    """Add ``determiner [adjective] noun`` to both sides; return whether it is plural."""
    singular, plural, un, des, gender = _one_of(rng, NOUNS)
    many, feminine = bool(rng.random() < 0.4), gender == "f"
    determiner = _one_of(rng, list(DETERMINERS))
    masculine, feminine_word, several = DETERMINERS[determiner]
    adjective = _one_of(rng, list(ADJECTIVES)) if rng.random() < 0.5 else None
    article = writer.read(determiner[many])
    before = writer.read(adjective) if adjective else article
    noun = writer.read(plural if many else singular)
    parts = [(des if many else un, noun)]
    if adjective:
        forms, stands_before = ADJECTIVES[adjective]
        form = (forms.split()[feminine + 2 * many], before)
        parts = [form, *parts] if stands_before else [*parts, form]
    writer.write(several if many else feminine_word if feminine else masculine, article)
    for words, origin in parts:
        writer.write(words, origin)
    return many


def _verb(writer: _Writer, rng: np.random.Generator, *, plural: bool) -> None:
    """Add a verb in the present or the past, denied or not, to both sides."""
    third, base, past, voit, voient, participle = _one_of(rng, VERBS)
    is_past, denied = rng.random() < 0.4, rng.random() < 0.3
    if not denied:
        verb = writer.read(past if is_past else base if plural else third)
        writer.write(f"{'ont' if plural else 'a'} {participle}" if is_past else voient if plural else voit, verb)
        return
    helper, no, verb = writer.read("did" if is_past else "do" if plural else "does"), writer.read("not"), writer.read(base)
    writer.write("n'" if is_past else "ne", no)
    writer.write(("ont" if plural else "a") if is_past else (voient if plural else voit), helper if is_past else verb)
    writer.write("pas", no)
    if is_past:
        writer.write(participle, verb)


def _one_of(rng: np.random.Generator, choices: list) -> tuple | list | str:
    return choices[int(rng.integers(len(choices)))]
