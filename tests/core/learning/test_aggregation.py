import numpy as np

from pipeline.core.learning.aggregation import faded, shares

EXPERTS, QUANTILES = 4, 7
PRIOR = np.array([0.7, 0.1, 0.1, 0.1])


def learnt(regret_of_a_day: np.ndarray, days: int) -> tuple[np.ndarray, np.ndarray]:
    regret = square = np.zeros(regret_of_a_day.shape)
    for _ in range(days):
        regret, square = faded(regret, square, regret_of_a_day)
    return regret, square


def test_without_evidence_the_shares_are_the_prior():
    nothing = np.zeros((2, EXPERTS, QUANTILES))

    found = shares(PRIOR, nothing, nothing, nothing[0], nothing[0], np.zeros(2))

    np.testing.assert_allclose(found, np.broadcast_to(PRIOR[:, None], found.shape))


def test_a_site_without_days_of_its_own_is_given_the_shares_of_the_fleet():
    regret = np.zeros((EXPERTS, QUANTILES))
    regret[2] = 0.5
    fleet = learnt(regret, 20)
    own = learnt(-np.stack([regret, regret]), 20)

    young, old = shares(PRIOR, *own, *fleet, np.array([0.0, 15.0]))

    assert (young[2] > 0.9).all()
    assert (old[2] < young[2]).all()


def test_each_quantile_may_trust_another_expert():
    regret = np.zeros((1, EXPERTS, QUANTILES))
    regret[:, 1, :3], regret[:, 2, 4:] = 0.4, 0.4
    own = learnt(regret, 20)

    (found,) = shares(PRIOR, *own, *(part[0] for part in own), np.full(1, 15.0))

    assert found[:, 0].argmax() == 1
    assert found[:, -1].argmax() == 2


def test_mixture_keeps_near_the_best_expert_whatever_the_series_does():
    rng = np.random.default_rng(1)
    mixture_loss = best_loss = 0.0
    regret = square = np.zeros((1, EXPERTS, 1))
    for day in range(400):
        loss = rng.uniform(0, 1, EXPERTS)
        loss[(day // 100) % EXPERTS] *= 0.2  # the best one changes with every hundred days
        share = shares(PRIOR, regret, square, regret[0], square[0], np.full(1, 15.0))[0, :, 0]
        mixed = float(share @ loss)  # a convex loss of the mixture is at most this
        regret, square = faded(regret, square, (mixed - loss)[None, :, None])
        mixture_loss, best_loss = mixture_loss + mixed, best_loss + loss[(day // 100) % EXPERTS]

    assert mixture_loss / 400 < best_loss / 400 + 0.1
