"""check_trace.py FILE: is it a trace-event file as Chrome and Perfetto want it? Prints what happens on each row."""
import json
import sys

with open(sys.argv[1], encoding='utf-8') as file:
    events = json.load(file)
rows, names, open_slices = {}, {}, {}
for event in events:
    assert event['ph'] in 'MBEX', event
    assert isinstance(event['pid'], int), event
    if event['ph'] == 'M':
        assert isinstance(event['args']['name'], str), event
        if event['name'] == 'thread_name':
            names[event['pid'], event['tid']] = event['args']['name']
        continue
    row = event['pid'], event['tid']
    stack = open_slices.setdefault(row, [])
    assert isinstance(event['ts'], (int, float)), event
    if event['ph'] == 'B':
        stack.append(event)
    elif event['ph'] == 'E':
        begun = stack.pop()
        assert begun['ts'] <= event['ts']
    else:
        assert event['dur'] >= 0 and stack, event
    time = event['ts'] / 1e6
    args = ' '.join(f'{name}={value}' for name, value in event.get('args', {}).items())
    rows.setdefault(row, []).append(f"  {time:g} {event['ph']} {event.get('name', '')} {args}".rstrip())
assert all(not stack for stack in open_slices.values()), 'a slice without an end'
assert set(names) == set(rows), 'rows without a name'
for row in sorted(rows):
    print(f'{row[0]}.{row[1]} {names[row]}', *rows[row], sep='\n')
