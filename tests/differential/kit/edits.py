"""Texts that are put into another at its offsets."""
_POSTFIX = {'.', '->', '[', '(', '++', '--'}


class Edits:
    """What is to be inserted in a text, and replaced."""

    def __init__(self, text):
        self._text, self._at, self._replaced = text, {}, {}

    def add(self, offset, text, last=False):
        pieces = self._at.setdefault(offset, [])
        if text not in pieces:
            pieces.insert(len(pieces) if last else 0, text)

    def replace(self, start, end, text):
        self.add(start, text, last=True)
        self._replaced[start] = end

    def add_await(self, call, tokens):
        if tokens.text_at(tokens.index_at(call.end)) in _POSTFIX:
            self.add(call.start, '(await ', last=True)
            self.add(call.end, ')')
        else:
            self.add(call.start, 'await ', last=True)

    def apply(self):
        out, done = [], 0
        for offset in sorted(self._at):
            out.append(self._text[done:offset])
            out.extend(self._at[offset])
            done = self._replaced.get(offset, offset)
        out.append(self._text[done:])
        return ''.join(out)
