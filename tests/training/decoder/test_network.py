"""The decoder's network on a few numbers: what each layer computes, and what has no influence."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from kbqa.decoding.features import (
    JOINT_MATCHES,
    JOINT_WIDTH,
    MATCHES,
    JointReading,
    Relate,
    TextVectorCache,
)
from kbqa.decoding.layers import Layers
from kbqa.decoding.pointer_network import DecoderModel, Past, Session
from kbqa.sparql.grammar.actions import EntityPointer
from tests.training.decoder.tiny import (
    BACKWARD,
    CLASS,
    ENCODER,
    ENTITY,
    FORWARD,
    JOINT,
    NEW,
    QUESTION,
    SIZES,
    STEPS,
    STOP,
    VOCABULARY,
    WIDTH,
    item,
    text_table,
    tokenizer,
)
from training.decoder.dataset import JointSchema, JointStates, collate
from training.decoder.decisions import Decision
from training.decoder.network import Attention, CrossAttentionLayer, DecoderNetwork, FeedForward, Sizes


def random_weights(module, seed=0):
    """The module with other weights by chance, without dropout."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(std=0.5)
    return module.eval()


def relation(number):
    """Relations by chance among so many candidates."""
    return np.random.default_rng(number).integers(0, JOINT.relations, size=(number, number)).astype(np.int8)


RELATE: Relate = lambda actions: relation(len(actions))  # noqa: E731
SCHEMA = JointSchema(RELATE, lambda action: -1)


def lower_of(one, seed=0):
    return np.random.default_rng((len(one.ids), seed)).normal(size=(len(one.ids), WIDTH)).astype(np.float16)


def batch_of(*items):
    return collate(items, [lower_of(one) for one in items], VOCABULARY)


def network(sizes=SIZES, seed=0):
    return random_weights(DecoderNetwork(sizes, VOCABULARY, ENCODER), seed)


# --- layers


def test_equal_scores_attend_to_everything_alike():
    attention = Attention(Sizes(width=4, heads=2))
    with torch.no_grad():
        attention.query.weight.zero_()
        attention.query.bias.zero_()
        for layer in (attention.value, attention.output):
            layer.weight.copy_(torch.eye(4))
            layer.bias.zero_()
        memory = torch.tensor([[[1.0, 2, 3, 4], [3, 2, 1, 0], [9, 9, 9, 9]]])
        allowed = torch.tensor([[[[True, True, False]]]])
        found = attention(torch.randn(1, 2, 4), memory, allowed)
    assert torch.allclose(found, torch.tensor([2.0, 2, 2, 2]).expand(1, 2, 4))


def test_attention_is_scaled_dot_products_over_heads():
    """softmax(q k / √d) v for each head of d = 2 numbers (Vaswani et al. 2017, equation 1)."""
    attention = random_weights(Attention(Sizes(width=4, heads=2)))
    states, memory = torch.randn(1, 3, 4), torch.randn(1, 5, 4)
    with torch.no_grad():
        query, key, value = attention.query(states)[0], attention.key(memory)[0], attention.value(memory)[0]
        heads = []
        for part in (slice(0, 2), slice(2, 4)):
            weights = torch.softmax(query[:, part] @ key[:, part].T / 2**0.5, dim=1)
            heads.append(weights @ value[:, part])
        expected = attention.output(torch.cat(heads, dim=1))
        found = attention(states, memory, torch.ones(1, 1, 1, 5, dtype=torch.bool))[0]
    assert torch.allclose(found, expected, atol=1e-6)


def test_connections_bias_scores_and_add_their_values():
    """Σ_j a_ij (v_j + r_ij), where a_ij = softmax_j(q_i k_j / √d + b_ij) (Shaw et al. 2018, with a bias)."""
    attention = random_weights(Attention(Sizes(width=4, heads=2), kinds=3))
    states, memory = torch.randn(1, 2, 4), torch.randn(1, 4, 4)
    kinds = torch.tensor([[[0, 1, 2, 1], [2, 2, 0, 1]]])
    allowed = torch.tensor([True, True, True, False])
    with torch.no_grad():
        query, key, value = (
            layer(of)[0].view(-1, 2, 2)
            for layer, of in ((attention.query, states), (attention.key, memory), (attention.value, memory))
        )
        expected = torch.zeros(2, 2, 2)
        for row in range(2):
            for head in range(2):
                products = key[:3, head] @ query[row, head] / 2**0.5
                scores = products + attention.match_bias[kinds[0, row, :3], head]
                for other, weight in enumerate(torch.softmax(scores, dim=0)):
                    of_kind = attention.match_value[kinds[0, row, other]].view(2, 2)[head]
                    expected[row, head] += weight * (value[other, head] + of_kind)
        found = attention(states, memory, allowed[None, None, None], kinds)[0]
        assert torch.allclose(found, attention.output(expected.view(2, 4)), atol=1e-6)


def test_attention_without_kinds_has_no_weights_for_them():
    names = {name for name, _ in Attention(Sizes(width=4, heads=2)).named_parameters()}
    assert not {"match_bias", "match_value"} & names
    assert "match_bias" in dict(Attention(Sizes(width=4, heads=2), 3).named_parameters())


def test_kinds_of_connection_begin_without_effect():
    attention = Attention(Sizes(width=4, heads=2), kinds=3)
    states, allowed = torch.randn(1, 3, 4), torch.ones(1, 1, 1, 3, dtype=torch.bool)
    kinds = torch.tensor([[[0, 1, 2]] * 3])
    with torch.no_grad():
        assert torch.allclose(
            attention(states, states, allowed, kinds), attention(states, states, allowed), atol=1e-6
        )


def test_a_reader_knows_as_many_kinds_of_connection_as_its_candidates_make():
    assert Sizes().attended == MATCHES
    assert Sizes(relations=5).attended == JOINT_MATCHES + 5
    assert Sizes(relations=5).as_dict()["relations"] == 5


@pytest.mark.parametrize("has_memory", [True, False])
def test_numpy_reads_as_torch_does(has_memory):
    sizes = Sizes(width=8, heads=2, inner=12)
    layer = random_weights(CrossAttentionLayer(sizes))
    weights = {f"reader.0.{name}": value.detach().numpy() for name, value in layer.named_parameters()}
    layers = Layers(weights, heads=2)
    states = torch.randn(3, 8)
    memory = torch.randn(5, 8) if has_memory else states
    kinds = torch.randint(0, MATCHES, (3, len(memory)))
    allowed = torch.ones(1, len(memory), dtype=torch.bool)
    with torch.no_grad():
        expected = layer(states[None], memory[None] if has_memory else None, allowed, kinds[None], 0.0)[0]
    remembered = layers.remembered("reader.0.attention", memory.numpy()) if has_memory else None
    found = layers.reader_layer("reader.0", states.numpy(), kinds.numpy(), remembered)
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)


def test_numpy_normalises_and_feeds_forward_as_torch_does():
    feed, norm = random_weights(FeedForward(Sizes(width=8, inner=12))), random_weights(torch.nn.LayerNorm(8))
    modules, states = {"feed": feed, "norm": norm}, torch.randn(4, 8)
    weights = {
        f"{name}.{part}": value.detach().numpy()
        for name, module in modules.items()
        for part, value in module.named_parameters()
    }
    layers = Layers(weights, heads=2)
    with torch.no_grad():
        expected = feed(states).numpy(), norm(states).numpy()
    np.testing.assert_allclose(layers.feed_forward("feed", states.numpy()), expected[0], atol=1e-5)
    np.testing.assert_allclose(layers.norm("norm", states.numpy()), expected[1], atol=1e-5)


# --- the network


@pytest.mark.parametrize(("sizes", "schema"), [(SIZES, None), (JOINT, SCHEMA)])
def test_scores_are_log_probabilities_among_the_legal_actions(sizes, schema):
    mentioned = (ENTITY, CLASS, FORWARD, BACKWARD)
    table = text_table()
    batch = batch_of(item(mentioned=mentioned, schema=schema, table=table))
    with torch.no_grad():
        output = network(sizes)(batch, torch.from_numpy(table.vectors))
    assert output.scores.shape == batch.legal.shape
    probabilities = output.scores.exp() * batch.legal
    assert torch.allclose(probabilities.sum(-1), torch.ones(1, 4), atol=1e-5)
    assert (output.scores[~batch.legal] < -9e3).all()
    assert output.relevance.shape == (1, 4 if schema else 0)


@pytest.mark.parametrize(("sizes", "schema"), [(SIZES, None), (JOINT, SCHEMA)])
def test_a_question_is_scored_alike_alone_and_in_a_batch(sizes, schema):
    """What fills a batch up has no influence: tokens, candidates and steps that others have."""
    table = text_table()
    mentioned = (ENTITY, FORWARD, BACKWARD)
    step = Decision("HEAD", (NEW, STOP, ENTITY), 2)
    short = item((step,), mentioned, question="who", table=table, schema=schema)
    long = item(mentioned=(*mentioned, CLASS), table=table, schema=schema)
    made = network(sizes)
    with torch.no_grad():
        vectors = torch.from_numpy(table.vectors)
        alone, both = made(batch_of(short), vectors), made(batch_of(short, long), vectors)
    own, padded = batch_of(short).legal[0, 0], batch_of(short, long).legal[0, 0]
    assert torch.allclose(alone.scores[0, 0, own], both.scores[0, 0, padded], atol=1e-4)
    if schema:
        assert torch.allclose(alone.relevance[0], both.relevance[0, : alone.relevance.shape[1]], atol=1e-4)


def test_a_step_does_not_see_those_after_it():
    made, table = network(), text_table()
    batch = batch_of(item(table=table))
    changed = batch.previous.clone()
    changed[0, 3] = 0
    with torch.no_grad():
        vectors = torch.from_numpy(table.vectors)
        before, after = made(batch, vectors), made(batch._replace(previous=changed), vectors)
    assert torch.allclose(before.scores[0, :3], after.scores[0, :3], atol=1e-5)
    assert not torch.allclose(before.scores[0, 3], after.scores[0, 3], atol=1e-3)


@pytest.mark.parametrize("field", ["lower", "features", "kinds", "matches", "steps", "introduced"])
def test_what_is_told_of_a_question_counts(field):
    made, table = network(), text_table()
    batch = batch_of(item(table=table))
    value = getattr(batch, field)
    other = value.flip(1) if field in ("lower", "matches", "steps", "introduced") else value.roll(1, dims=1)
    with torch.no_grad():
        vectors = torch.from_numpy(table.vectors)
        one, two = made(batch, vectors).scores, made(batch._replace(**{field: other}), vectors).scores
    assert not torch.allclose(one, two, atol=1e-3)


def test_the_surroundings_of_a_candidate_are_the_mean_of_those_it_has():
    made = network()
    vectors = torch.zeros(4, WIDTH)
    vectors[1:] = torch.randn(3, WIDTH)
    batch = batch_of(item())
    two, one = batch.contexts.clone().zero_(), batch.contexts.clone().zero_()
    two[..., :2] = torch.tensor([1, 2])
    one[..., 0] = 3
    vectors[3] = (vectors[1] + vectors[2]) / 2
    with torch.no_grad():
        of_two, of_one = (made.embed(batch._replace(contexts=each), vectors) for each in (two, one))
    assert torch.allclose(of_two, of_one, atol=1e-5)


def test_a_variable_is_read_as_what_introduced_it():
    made, batch = network(), batch_of(item())
    pointers = torch.randn(1, 4, WIDTH)
    with torch.no_grad():
        vectors = made.action_vectors(batch, pointers)[0]
        expected = made.variable(pointers[0, 1]) + made.slot.weight[0]
    assert vectors.shape == (3 + 4 + 2, WIDTH)
    assert torch.allclose(vectors[7], expected, atol=1e-6)
    assert torch.allclose(vectors[:3], made.keyword.weight)
    assert torch.allclose(vectors[3:7], pointers[0])


def test_only_certain_mentions_mark_their_words():
    """A name that is written in the question as it is marks its tokens; one like it does not."""
    made = network()
    mentions = (
        EntityPointer("e", "silent harbour", (13, 27), features) for features in ((1.0, 1.0), (0.9, 0.0))
    )
    certain, unsure = (item((), (mention,)) for mention in mentions)
    with torch.no_grad():
        marked, plain = (made.read_question(batch_of(one))[0] for one in (certain, unsure))
    differs = (marked - plain).abs().sum(1) > 1e-4
    assert differs.tolist() == [False, False, False, True, True, False, False]


# --- the same function without torch


class TinyDecoder(DecoderModel):
    """A model that reads with a network's own encoder."""

    def __init__(self, made, table):
        weights = {name: value.detach().numpy() for name, value in made.named_parameters()}
        Layers.__init__(self, weights, SIZES.heads)
        self.network = made
        self.width, self.longest, self.joint = SIZES.width, SIZES.longest, bool(made.sizes.relations)
        self.reader_layers, self.decoder_layers = SIZES.reader_layers, SIZES.decoder_layers
        self.vocabulary = VOCABULARY
        self.keyword_rows = {word: row for row, word in enumerate(VOCABULARY.keywords)}
        self.reads_jointly = made.sizes.joint
        self.tokenizer, self.dimension = tokenizer(), table.vectors.shape[1]
        self.text_vectors = TextVectorCache(lambda texts: table.vectors[table.rows(texts)])

    def states(self, ids):
        lower = torch.from_numpy(np.random.default_rng((len(ids), 0)).normal(size=(len(ids), WIDTH)))
        with torch.no_grad():
            return self.network.encoder(lower.half().float()[None]).last_hidden_state[0].numpy()


def decoded(made, table, steps, mentioned, relate=None, joint=None):
    """The log-probabilities of the legal actions at each step, without torch."""
    session = Session(TinyDecoder(made, table), QUESTION, mentioned, relate, joint)
    past, previous, found = Past(), None, []
    for place, step in enumerate(steps):
        states, past = session.step(past.of([0]) if past.keys else past, [previous], [step.step], place)
        found.append(session.scores(states[0], step.legal))
        previous = step.action
    return session, found


LONG = STEPS + (Decision("HEAD", (ENTITY, CLASS), 0),) * (SIZES.longest - 2)
"""Two more steps than the network has positions for."""


@pytest.mark.parametrize("steps", [STEPS, LONG])
@pytest.mark.parametrize(("sizes", "schema"), [(SIZES, None), (JOINT, SCHEMA)])
def test_decoding_without_torch_gives_the_same_probabilities(sizes, schema, steps):
    made, table = network(sizes, seed=5), text_table()
    mentioned = (ENTITY, CLASS, FORWARD, BACKWARD)
    one = item(steps, mentioned, table=table, schema=schema)
    with torch.no_grad():
        expected = made(batch_of(one), torch.from_numpy(table.vectors))
    session, found = decoded(made, table, steps, mentioned, RELATE if schema else None)
    for place, (step, scores) in enumerate(zip(steps, found, strict=True)):
        row = expected.scores[0, place]
        np.testing.assert_allclose(np.sort(scores), np.sort(row[row > -1e3].numpy()), atol=1e-3)
        np.testing.assert_allclose(
            scores[step.gold], row[batch_of(one).gold[0, place]].item(), atol=1e-3, err_msg=str(place)
        )
    if schema:
        likelihoods = torch.sigmoid(expected.relevance[0]).tolist()
        assert list(session.relevance.values()) == pytest.approx(likelihoods, abs=1e-3)


READ = replace(JOINT, joint=True)
"""A network that goes on from what a Transformer read as one text."""


def jointly_read(mentioned, tokens=4):
    """States of some tokens of the question, and of the first and third pointer."""
    states = np.random.default_rng(3).normal(size=(tokens + 2, JOINT_WIDTH)).astype(np.float16)
    found = {mentioned[0]: states[tokens], mentioned[2]: states[tokens + 1]}
    reading = JointReading(states[:tokens].astype(np.float32), found, {})
    return reading, JointStates(states[:tokens], states[tokens:], np.array([0, 2]))


def test_a_joint_reading_without_torch_gives_the_same_probabilities():
    made, table, mentioned = network(READ, seed=5), text_table(), (ENTITY, CLASS, FORWARD, BACKWARD)
    reading, states = jointly_read(mentioned)
    one = replace(item(STEPS, mentioned, table=table, schema=SCHEMA), joint=states)
    with torch.no_grad():
        expected = made(batch_of(one), torch.from_numpy(table.vectors))
        alone = made(batch_of(replace(one, joint=None)), torch.from_numpy(table.vectors))
    session, found = decoded(made, table, STEPS, mentioned, RELATE, reading)
    for place, scores in enumerate(found):
        row = expected.scores[0, place]
        np.testing.assert_allclose(np.sort(scores), np.sort(row[row > -1e3].numpy()), atol=1e-3)
    likelihoods = torch.sigmoid(expected.relevance[0])
    assert list(session.relevance.values()) == pytest.approx(likelihoods.tolist(), abs=1e-3)
    assert (likelihoods - torch.sigmoid(alone.relevance[0])).abs().max() > 1e-2


def test_what_was_trained_without_joint_states_stays_as_good_until_it_is_trained_on():
    table, mentioned = text_table(), (ENTITY, CLASS, FORWARD, BACKWARD)
    made = DecoderNetwork(READ, VOCABULARY, ENCODER).eval()
    one = item(STEPS, mentioned, table=table, schema=SCHEMA)
    read = replace(one, joint=jointly_read(mentioned)[1])
    with torch.no_grad():
        alone, jointly = (made(batch_of(each), torch.from_numpy(table.vectors)) for each in (one, read))
    assert torch.equal(alone.scores, jointly.scores)


def test_training_reads_some_questions_alone():
    made = DecoderNetwork(READ, VOCABULARY, ENCODER)
    mentioned = (ENTITY, CLASS, FORWARD)
    one = replace(item(STEPS, mentioned, schema=SCHEMA), joint=jointly_read(mentioned)[1])
    batch = batch_of(*[one] * 64)
    torch.manual_seed(1)
    seen = made._some_alone(batch)
    alone = (seen.joint == 0).all(-1).all(-1)
    assert 0 < alone.sum() < 20
    assert torch.equal(alone, (seen.joint_question == 0).all(-1).all(-1)), "neither is read, or both are"
    assert made.eval()._some_alone(batch) is batch
