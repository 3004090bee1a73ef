/* script.h: a fuzzer's input as decisions: one byte for each. Behind its end all are 0. */
#include <stddef.h>
#include <stdint.h>

struct script {
    const uint8_t *at, *end;
};

static inline unsigned next(struct script *script)
{
    return script->at < script->end ? *script->at++ : 0;
}

/* The first byte of an input says how much of it is script; the rest is data. */
static inline struct script script_of(const uint8_t *bytes, size_t size)
{
    size_t length = size ? bytes[0] < size - 1 ? bytes[0] : size - 1 : 0;
    return (struct script){bytes + !!size, bytes + !!size + length};
}

/* What must hold. */
#define EXPECT(condition) ((condition) ? (void)0 : __builtin_trap())
