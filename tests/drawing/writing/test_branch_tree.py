"""The tree of branches with mouse and keys."""

import pytest
from PySide6.QtCore import Qt

from vectarium.documents.document import Document
from vectarium.drawing.palette import Look
from vectarium.drawing.writing.branch_tree import BranchTree
from vectarium.session.step_views import branch_summary, tree_nodes
from writing_steps import VOCABULARY, written

LABELS = tuple(f"t{index}" for index in range(VOCABULARY))


@pytest.fixture
def document():
    document = Document().with_branch(written((1, 2), 8))
    first = document.branch
    for place, seed in ((3, 5), (6, 6)):
        document = document.with_branch(
            first.cut(place).with_steps(*written((first.ids[place - 1],), 4, seed=seed).steps[1:])
        )
    assert len(document.branches) == 3
    return document


@pytest.fixture
def tree(qtbot, document):
    tree = BranchTree(Look())
    qtbot.addWidget(tree)
    tree.resize(240, 260)
    tree.set_nodes(tree_nodes(document, LABELS)[0])
    tree.show()
    tree.setFocus()
    return tree


def test_every_end_is_a_branch_and_the_current_one_is_marked(document):
    drawn, nodes = tree_nodes(document, LABELS)
    assert sorted(node.leaf for node in drawn if node.leaf is not None) == [0, 1, 2]
    assert sum(node.current for node in drawn) == 1
    current = next(index for index, node in enumerate(drawn) if node.current)
    assert nodes[current].leaf == document.active
    for node, shown in zip(nodes[1:], drawn[1:], strict=True):
        assert shown.label == LABELS[document.branches[node.branch].ids[node.start]]
    assert branch_summary(document, 3).startswith("3 branches · this one p = ")


def test_a_click_chooses_the_node_under_it(tree, qtbot):
    for index in range(len(tree._nodes)):
        with qtbot.waitSignal(tree.node_chosen) as chosen:
            qtbot.mouseClick(tree, Qt.MouseButton.LeftButton, pos=tree.point_of(index).toPoint())
        assert chosen.args == [index]


def test_arrow_keys_walk_from_end_to_end_and_up_and_down(tree, qtbot):
    visited = []
    tree.node_chosen.connect(visited.append)
    for _ in range(3):
        qtbot.keyClick(tree, Qt.Key.Key_Left)
    for _ in range(2):
        qtbot.keyClick(tree, Qt.Key.Key_Right)
    assert {tree._nodes[node].leaf for node in visited} == {0, 1, 2}
    qtbot.keyClick(tree, Qt.Key.Key_Up)
    assert visited[-1] == tree._nodes[visited[-2]].parent
    qtbot.keyClick(tree, Qt.Key.Key_Down)
    assert tree._nodes[visited[-1]].parent == visited[-2]


def test_f2_renames_c_compares_and_del_deletes_the_end_below(tree, qtbot):
    with qtbot.waitSignal(tree.compare_asked) as compared:
        qtbot.keyClick(tree, Qt.Key.Key_C)
    assert compared.args == [2]
    with qtbot.waitSignal(tree.rename_asked) as renamed:
        qtbot.keyClick(tree, Qt.Key.Key_F2)
    assert renamed.args == [2]
    with qtbot.waitSignal(tree.delete_asked) as deleted:
        qtbot.keyClick(tree, Qt.Key.Key_Delete)
    assert deleted.args == [2]


def test_no_node_lies_on_another(tree):
    places = {(tree.point_of(index).x(), tree.point_of(index).y()) for index in range(len(tree._nodes))}
    assert len(places) == len(tree._nodes)
