"""traps.py TESTS: every row of traps.md names what is done and tests that exist."""
import os
import re
import sys

tests = sys.argv[1]
failures = rows = 0
with open(os.path.join(tests, 'traps.md'), encoding='utf-8') as file:
    for number, line in enumerate(file, 1):
        cells = [cell.strip() for cell in re.split(r'(?<!\\)\|', line)[1:-1]]
        if not cells or cells[0] in ('trap', '---'):
            continue
        rows += 1
        named = re.findall(r'`([^`]+)`', cells[-1])
        wrong = [name for name in named if not os.path.isfile(os.path.join(tests, name))]
        if len(cells) != 3 or not all(cells) or not named or wrong:
            failures += 1
            print(f'traps.md:{number}: {"no such test: " + " ".join(wrong) if wrong else "not a row of three"}')
print(f'{rows} rows, {failures} wrong')
sys.exit(failures > 0 or rows < 40)
