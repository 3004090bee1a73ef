"""asyncio.py TABLE TESTS: each line of the table names tests that exist, or says why there is none."""
import os
import re
import sys

table, tests = sys.argv[1:]
with open(table, encoding='utf-8') as file:
    rows = re.findall(r'^\| A(\d+) \| (.*) \| (.*) \|$', file.read(), re.M)
problems = []
numbers = [int(number) for number, _, _ in rows]
if numbers != [*range(1, 123)]:
    problems.append(f'lines are missing, double or out of order: {numbers}')
for number, behaviour, found in rows:
    names = re.findall(r'`([\w/]+/\w+)`', found)
    if not names and not found.startswith('≠'):
        problems.append(f'A{number}: neither a test nor a reason: {behaviour}')
    problems += [f'A{number}: there is no test {name}' for name in names
                 if not any(os.path.exists(os.path.join(tests, name + end)) for end in ('.ac', '.c', '.test'))]
print('\n'.join(problems))
sys.exit(bool(problems))
