"""lint.py TESTS MESSAGES: looks for tests that test nothing and for messages that no test expects."""
import os
import re
import sys

tests, messages = sys.argv[1:3]
SUFFIXES = ('.ac', '.c', '.test')


def files():
    for folder, folders, names in os.walk(tests):
        folders[:] = sorted(name for name in folders if name not in ('Inputs', 'differential', 'bench'))
        for name in sorted(names):
            if name.endswith(SUFFIXES):
                path = os.path.join(folder, name)
                with open(path, encoding='utf-8', errors='replace') as file:
                    yield os.path.relpath(path, tests), file.read()


def prefixes(text):
    """The words that FileCheck looks for in this test."""
    found = {prefix for given in re.findall(r'--?check-prefix(?:es)?[= ](\S+)', text) for prefix in given.split(',')}
    return found | {'CHECK'}


def problems(text):
    """What is wrong with one test."""
    if 'RUN:' not in text:
        yield 'no RUN line'
    known = '|'.join(sorted(prefixes(text), key=len, reverse=True))
    kinds = r'(?:-(?:NEXT|SAME|NOT|DAG|LABEL|EMPTY|COUNT-\d+))?'
    for number, line in enumerate(text.split('\n'), 1):
        if re.match(rf'\W*(?:{known}){kinds}\s*(?:$|[^\w\s:,.{{-])', line) or re.match(rf'\W*(?:{known}){kinds} +:', line):
            yield f'line {number} looks like a directive but has no colon: {line.strip()}'
        directive = re.match(r'\W*([A-Z][A-Z0-9-]*?)-(?:NEXT|SAME|NOT|DAG|LABEL|EMPTY):', line)
        if directive and directive[1] not in prefixes(text):
            yield f'line {number}: no FileCheck is told of the prefix {directive[1]}'


def unexpected(texts):
    """The messages whose fixed words stand in no test."""
    with open(messages, encoding='utf-8') as file:
        listed = re.findall(r'^MESSAGE\((\w+),.*?((?:"(?:[^"\\]|\\.)*"\s*)+)\)', file.read(), re.M | re.S)
    for name, literal in listed:
        words = ''.join(re.findall(r'"((?:[^"\\]|\\.)*)"', literal)).replace('\\"', '"')
        parts = [re.escape(part).replace(r'\ ', r'\s+') for part in re.split(r'%[-0-9.*lzh]*[a-zA-Z]', words)]
        if not any(re.search('.{0,200}?'.join(parts), text, re.S) for text in texts):
            yield f'no test expects the message {name}: {words}'


everything = list(files())
found = [f'{path}: {problem}' for path, text in everything for problem in problems(text)]
found += unexpected([text for path, text in everything])
print('\n'.join(found))
sys.exit(bool(found))
