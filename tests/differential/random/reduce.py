"""Makes a program smaller as long as it fails: takes statements away, and puts small expressions for large ones."""
import constructs as c
import meetings as m


def parts(node, seen):
    """All constructs of a program, each once."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, (list, tuple)):
        for item in node:
            yield from parts(item, seen)
    elif type(node).__module__ in (c.__name__, m.__name__):
        yield node
        for member in list(vars(node).values()):
            yield from parts(member, seen)


def all_parts(program):
    return list(parts(program.functions, set()))


def without_statements(program, still_fails):
    is_smaller = False
    for block in all_parts(program):
        if not isinstance(block, c.Block):
            continue
        size = max(1, len(block.statements) // 2)
        while size:
            at = 0
            while at < len(block.statements):
                removed = block.statements[at:at + size]
                block.statements[at:at + size] = []
                is_needed = any(isinstance(statement, (m.Setup, c.Return, c.TraceCode)) for statement in removed)
                if not is_needed and still_fails():
                    is_smaller = True
                else:
                    block.statements[at:at] = removed
                    at += size
            size //= 2
    return is_smaller


EXPRESSIONS = ('expression', 'left', 'right', 'condition', 'yes', 'no', 'operand', 'element', 'length', 'pause', 'result',
               'final')


def with_constants(program, still_fails):
    """Puts 1 where an expression stands, and nothing where it need not stand."""
    is_smaller = False
    for node in all_parts(program):
        for name in EXPRESSIONS:
            old = getattr(node, name, None)
            if old is None or isinstance(old, (c.Constant, c.Local)):
                continue
            for new in [None] if isinstance(old, c.Block) else [c.Constant(1)]:
                setattr(node, name, new)
                if still_fails():
                    is_smaller = True
                    break
                setattr(node, name, old)
    return is_smaller


def without_functions(program, still_fails):
    is_smaller = False
    for function in list(program.functions):
        if function is program.main:
            continue
        at = program.functions.index(function)
        del program.functions[at]
        if still_fails():
            is_smaller = True
        else:
            program.functions.insert(at, function)
    return is_smaller


def reduce(program, still_fails):
    def fails():
        try:
            return still_fails()
        except Exception:  # no program any more
            return False
    steps = without_statements, with_constants, without_functions
    while any([step(program, fails) for step in steps]):
        pass
