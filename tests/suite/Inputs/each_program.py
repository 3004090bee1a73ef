"""each_program.py ACC PROGRAMS FOLDER: compiles each program with the usual warnings on, every other one without
optimizing it; they must not appear. Some are compiled twice, and both results must be equal, the name of the temporary
folder notwithstanding."""
import concurrent.futures
import os
import re
import subprocess
import sys
import tempfile

acc, programs, folder = sys.argv[1:]
# Off: what the programs themselves do on purpose.
FLAGS = ['-O1', '-g', '-Wall', '-Wextra', '-Wno-implicit-fallthrough', '-Wno-ignored-qualifiers',
         '-Wno-missing-field-initializers', '-Wno-missing-braces', '-Wno-psabi', '-Wno-tautological-compare',
         '-Wno-deprecated-non-prototype', '-Wno-overflow', '-Wno-format-zero-length', '-Wno-blocking-call',
         '-Wno-swallowed-cancel', '-Wno-unawaited-task', '-Wno-trigraphs', '-Wno-constant-conversion',
         '-Wno-unused-value', '-Wno-switch-bool', '-Wno-dangling-else']


def sources():
    for top, folders, names in os.walk(programs):
        folders[:] = sorted(name for name in folders if name != 'Inputs')
        for name in sorted(names):
            path = os.path.join(top, name)
            text = open(path, encoding='utf-8').read()
            if name.endswith('.ac') and 'split-file' not in text and 'REQUIRES' not in text:
                yield path


def own_flags(path):
    """What the program's first command says of the language, and whether the program is one that C warns of."""
    with open(path, encoding='utf-8') as file:
        return re.findall(r' (-std=\S+|-trigraphs|-w)\b', next((line for line in file if 'RUN:' in line), ''))


def compiled(path, wanted):
    """What is wanted of a program, or None, and what was said."""
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        done = subprocess.run([acc, *FLAGS, *own_flags(path), wanted, path, '-o', '-'], capture_output=True, check=False,
                              env={**os.environ, 'TMPDIR': temporary})
    return (done.stdout if done.returncode == 0 else None), done.stderr.decode('utf-8', 'replace')


def problems(path):
    first, said = compiled(path, '-S' if len(path) % 2 == 0 else '-fsyntax-only')
    if said:
        return said
    twice = len(path) % 8 == 0 # some will do: what differs once differs everywhere
    return 'compiled twice, it differs\n' if twice and compiled(path, '-S')[0] != first else ''


found = list(sources())
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    wrong = [(path, problem) for path, problem in zip(found, pool.map(problems, found)) if problem]
for path, problem in wrong:
    print(f'{os.path.relpath(path, programs)}:\n{problem}', end='')
print(f'{len(found)} programs, {len(wrong)} with problems')
sys.exit(bool(wrong) or not found)
