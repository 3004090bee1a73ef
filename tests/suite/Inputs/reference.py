"""reference.py ACC CLOCK PAGE FOLDER HEADER...: runs every example of the page and compares what it prints with what stands
under it; every public name of the headers must stand in an example. CLOCK is AC_CLOCK, `virtual` or `real`."""
import os
import re
import subprocess
import sys

acc, clock, page, folder, *headers = sys.argv[1:]
EXAMPLE = re.compile(r'^```c\n(.*?)^```\n```text\n(.*?)^```$', re.M | re.S)
# Called by `async with` only, options (designated initialisers), include guards, and a section's name.
NOT_CALLED = re.compile(r'_aenter$|_aexit$|_options$|^AC_([A-Z_]+_)?H$|^ac_task_locals$')


def without_comments(text):
    return re.sub(r'/\*.*?\*/', '', text, flags=re.S)


def names(text):
    return set(re.findall(r'\b(?:ac_(?!_)[a-z0-9_]+|AC_(?!_)[A-Z0-9_]+)\b', without_comments(text)))


def run(number, program, expected):
    """What is wrong with one example."""
    source, binary = os.path.join(folder, f'example{number}.ac'), os.path.join(folder, f'example{number}')
    with open(source, 'w', encoding='utf-8') as file:
        file.write(program)
    built = subprocess.run([*acc.split(), '-Wall', '-Wextra', '-Werror', source, '-o', binary], capture_output=True,
                           text=True, timeout=120, check=False)
    if built.returncode:
        return built.stderr
    ran = subprocess.run(['timeout', '30', 'stdbuf', '-oL', binary], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                         text=True, env={**os.environ, 'AC_CLOCK': clock}, check=False)
    if ran.returncode or ran.stdout != expected:
        return f'status {ran.returncode}, it prints\n{ran.stdout}instead of\n{expected}'
    return None


with open(page, encoding='utf-8') as file:
    text = file.read()
examples = EXAMPLE.findall(text)
problems = []
if len(examples) != text.count('```c\n') or len(examples) < 10:
    problems.append('an example has no output under it')
for number, (program, expected) in enumerate(examples, 1):
    problem = run(number, program, expected)
    if problem:
        problems.append(f'example {number}:\n{program}\n{problem}')
public = set()
for header in headers:
    with open(header, encoding='utf-8') as file:
        public |= {name for name in names(file.read()) if not NOT_CALLED.search(name)}
shown = set().union(*(names(program) for program, _ in examples))
problems += [f'no example shows {name}' for name in sorted(public - shown)]
print('\n'.join(problems))
sys.exit(bool(problems))
