"""coverage.py FOLDER FILE.gcov...: which part of the lines of FOLDER's sources ran, by file and in all."""
import collections
import os
import sys

folder, names = sys.argv[1], sys.argv[2:]
lines = collections.defaultdict(dict)  # source -> number -> whether it ran

for name in names:
    source = None
    with open(name, encoding='utf-8', errors='replace') as file:
        for line in file:
            count, number, text = ([part.strip() for part in line.split(':', 2)] + ['', ''])[:3]
            number = int(number) if number.isdigit() else 0
            if text.startswith('Source:'):
                source = os.path.realpath(os.path.join(folder, '..', text[len('Source:'):]))
            elif number and count != '-':
                ran = not count.startswith(('#', '='))
                lines[source][number] = lines[source].get(number, False) or ran

all_lines = all_ran = 0
for source in sorted(lines):
    if not source.startswith(os.path.realpath(folder) + os.sep):
        continue
    ran, count = sum(lines[source].values()), len(lines[source])
    all_ran, all_lines = all_ran + ran, all_lines + count
    print(f'{100 * ran / count:5.1f} % {count - ran:5} {os.path.relpath(source, folder)}')
print(f'{all_lines} lines, {100 * all_ran / max(1, all_lines):.1f} %')
