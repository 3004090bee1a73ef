"""Twins: every function of a text that can have one gets an async twin that does its work.

`T f(P) {...}` becomes `static async T f__twin(P) {...}`, and `f` a plain function that runs its twin to its end
(twins/twins.h). So whoever needs a plain function has it: a pointer, the C library's qsort, another file; and a file
without `main` can be made async, too. In a twin, a call of a function that has a twin awaits the twin.
"""
import os
from dataclasses import dataclass

from .clang import Kind, TypeKind

HEADER = 'twins.h'
FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'twins')
SUFFIX = '__twin'
_ATTRIBUTES = ('__attribute__', '__attribute')
_ASSEMBLER = ('asm', '__asm__', '__asm')
_SPECIFIERS = {'static', 'extern', 'inline', '__inline', '__inline__', '_Noreturn', 'register', '__extension__'}
_OWN_NAME = ('__func__', '__FUNCTION__', '__PRETTY_FUNCTION__')
_SETJMP = ('setjmp', '_setjmp', '__setjmp', 'sigsetjmp', '__sigsetjmp')


@dataclass
class Twin:
    name: str            # of the plain function
    definition: object   # its Declaration
    parameters: list     # their names
    is_void: bool
    since: int           # the offset from which on the twin is declared


class Twins:
    """The twins of an analysed Program, and what is to be inserted in its text for them."""

    def __init__(self, program):
        self.program, self.map = program, program.map
        self.found, self.plain = {}, {}
        for cursor in program.unit.cursor.get_children():
            name = program.name_of(cursor)
            if cursor.kind == Kind.FUNCTION_DECL and cursor.is_definition() and name in program.functions:
                self._judge(name, program.functions[name], cursor)

    def _judge(self, name, function, cursor):
        definitions = [d for d in function.declarations if d.is_definition]
        if not definitions:
            return
        obstacles = function.obstacles | set(self._obstacles(definitions[0], cursor))
        if obstacles:
            self.plain[name] = '; '.join(sorted(obstacles))
            return
        self.found[name] = Twin(name, definitions[0], [self.program.name_of(a) for a in cursor.get_arguments()],
                                cursor.result_type.get_canonical().kind == TypeKind.VOID, definitions[0].start)

    def _obstacles(self, definition, cursor):
        """What keeps a function from having a twin beside what keeps it from being async."""
        if definition.body < 0:
            yield 'its body is not seen'
            return
        head = range(self.map.index_at(definition.start), self.map.index_at(definition.body))
        words = {self.map.text_at(i) for i in head}
        if not all(argument.spelling for argument in cursor.get_arguments()):
            yield 'a parameter has no name'
        if words & {'{', '++', '--', '='}:
            yield 'its head cannot be repeated'
        body = self.map.index_at(definition.body)
        if any('va_list' in self.map.text_at(i) for i in (*head, *range(body, self.map.closing.get(body, body)))):
            yield 'has a va_list'
        if any('va_list' in type.spelling for argument in cursor.get_arguments()
               for type in (argument.type, argument.type.get_canonical())):
            yield 'has a va_list'

    # -- insertions ---------------------------------------------------------------------------------------------

    def write(self, edits):
        for twin in self.found.values():
            self._declare(twin, edits)
        for twin in self.found.values():
            self._define(twin, edits)
            self._await(twin, edits)
        for name, function in self.program.functions.items():
            if name not in self.found and any(o.startswith('calls ') and 'setjmp' in o for o in function.obstacles):
                self._guard_jumps(function, edits)

    def _head(self, declaration, end):
        """A declaration's words up to the offset `end`, as they are."""
        first, behind = self.map.index_at(declaration.start), self.map.index_at(end)
        return ' '.join(self.program.text[t.start:t.end] for t in self.map.tokens[first:behind])

    def _twin_head(self, declaration, end):
        """The same for its twin: async, static, without attributes and an assembler name."""
        index, behind, name = (self.map.index_at(offset) for offset in (declaration.start, end, declaration.name))
        words = ['static async int' if declaration.implicit_int else 'static async']
        while index < behind:
            text = self.map.text_at(index)
            if text in _ATTRIBUTES or text in _ASSEMBLER or text == '[' == self.map.text_at(index + 1):
                index = self.map.closing[index if text == '[' else index + 1]
            elif index == name:
                words.append(text + SUFFIX)
            elif index > name or text not in _SPECIFIERS:
                words.append(self.program.text[self.map.tokens[index].start:self.map.tokens[index].end])
            index += 1
        return ' '.join(words)

    def _declare(self, twin, edits):
        """Declares the twin behind the function's first declaration, if that is a plain prototype."""
        first = min(self.program.functions[twin.name].declarations, key=lambda d: d.start)
        end = self._end_of_prototype(first)
        if end is not None:
            edits.add(self.map.tokens[end].end, f' {self._twin_head(first, self.map.tokens[end].start)};', last=True)
            twin.since = self.map.tokens[end].end

    def _end_of_prototype(self, declaration):
        """Index of the semicolon behind a prototype that stands alone at file scope, or None."""
        index = self.map.index_at(declaration.start)
        if declaration.is_definition or declaration.no_prototype or self.map.enclosing[index] >= 0 \
                or self.map.text_at(self.map.index_at(declaration.name) + 1) != '(':
            return None
        while index < len(self.map.tokens) and self.map.text_at(index) not in (';', ',', '{'):
            index = self.map.closing.get(index, index) + 1
        return index if self.map.text_at(index) == ';' else None

    def _define(self, twin, edits):
        definition = twin.definition
        head = self._head(definition, definition.body)
        edits.add(definition.body, f'; {self._twin_head(definition, definition.body)} ')
        opening = self.map.index_at(definition.body)
        closing = self.map.tokens[self.map.closing[opening]]
        call = f'{twin.name}{SUFFIX}({", ".join(twin.parameters)})'
        run = f'twin_run_void({call});' if twin.is_void else f'return twin_run({call});'
        if twin.name == 'main':
            edits.add(closing.start, ' return 0; ', last=True)
        edits.add(closing.end, f' {head} {{ {run} }}')
        for token in self.map.tokens[opening:self.map.closing[opening]]:
            if token.text in _OWN_NAME:
                edits.replace(token.start, token.end, f'"{twin.name}"')

    def _await(self, twin, edits):
        for call in self.program.functions[twin.name].calls:
            token = self.map.tokens[self.map.index_at(call.start)]
            if call.caller not in self.found or call.start < twin.since or token.text != twin.name:
                continue
            edits.add_await(call, self.map)
            edits.add(token.end, SUFFIX)

    def _guard_jumps(self, function, edits):
        definition = next(d for d in function.declarations if d.is_definition)
        opening = self.map.index_at(definition.body)
        edits.add(self.map.tokens[opening].end, ' twin_before_jumps();')
        for index in range(opening, self.map.closing[opening]):
            if self.map.text_at(index) in _SETJMP and self.map.text_at(index + 1) == '(':
                edits.add(self.map.tokens[index].start, 'twin_jumped(')
                edits.add(self.map.tokens[self.map.closing[index + 1]].end, ')')
