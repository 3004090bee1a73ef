/* libclang.h: libclang, loaded while this process does other things (libclang.c).
 *
 * To load it takes as long as to scan, parse and print a thousand lines, and none of that needs
 * it. `libclang.getCursorType` is what its documentation calls clang_getCursorType.
 */
#ifndef ACC_LIBCLANG_H
#define ACC_LIBCLANG_H

#include <clang-c/Index.h>

#define LIBCLANG_FUNCTIONS(X)                                                                        \
    X(Cursor_hasAttrs) X(Cursor_isAnonymous) X(Cursor_isBitField) X(TargetInfo_dispose)              \
    X(TargetInfo_getPointerWidth) X(Type_getAlignOf) X(Type_getModifiedType) X(Type_getNamedType)    \
    X(Type_getSizeOf) X(Type_getValueType) X(Type_visitFields) X(createIndex) X(disposeDiagnostic)   \
    X(disposeIndex) X(disposeString) X(disposeTranslationUnit) X(getArgType) X(getArrayElementType)  \
    X(getArraySize) X(getCString) X(getCanonicalType) X(getChildDiagnostics) X(getCursor)            \
    X(getCursorBinaryOperatorKind) X(getCursorExtent) X(getCursorKind) X(getCursorLocation)          \
    X(getCursorReferenced) X(getCursorSemanticParent) X(getCursorSpelling) X(getCursorType)          \
    X(getCursorUnaryOperatorKind) X(getDiagnostic) X(getDiagnosticCategoryText)                      \
    X(getDiagnosticInSet) X(getDiagnosticLocation) X(getDiagnosticNumRanges) X(getDiagnosticOption)  \
    X(getDiagnosticRange) X(getDiagnosticSeverity) X(getDiagnosticSpelling) X(getElementType)        \
    X(getEnumDeclIntegerType) X(getFieldDeclBitWidth) X(getFileLocation)                             \
    X(getFunctionTypeCallingConv) X(getNullCursor) X(getNumArgTypes) X(getNumDiagnostics)            \
    X(getNumDiagnosticsInSet) X(getPointeeType) X(getRangeEnd) X(getRangeStart) X(getResultType)     \
    X(getSpellingLocation) X(getTranslationUnitCursor) X(getTranslationUnitTargetInfo)               \
    X(getTypeDeclaration) X(getTypeSpelling) X(getTypedefDeclUnderlyingType) X(getTypedefName)       \
    X(getUnqualifiedType) X(isConstQualifiedType) X(isExpression) X(isFunctionTypeVariadic)          \
    X(isRestrictQualifiedType) X(isVolatileQualifiedType) X(parseTranslationUnit2) X(visitChildren)

struct libclang {
#define LIBCLANG_MEMBER(name) __typeof__(clang_##name) *name;
    LIBCLANG_FUNCTIONS(LIBCLANG_MEMBER)
#undef LIBCLANG_MEMBER
};

extern struct libclang libclang;

/* Begins to load it, on a thread of its own; that has ended when the process ends. */
void libclang_load(void);

/* Waits until it can be used. Ends the process with a message if it cannot. */
void libclang_need(void);

#endif
