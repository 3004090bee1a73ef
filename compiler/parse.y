/* parse.y: the grammar: C11 to C23 with GNU's extensions, and the dialect. It reads one external declaration.
 *
 * Which word a name is (a typedef's, `await`, an attribute that begins a statement, ...) has
 * been decided before it comes here: words.c. What is left for the grammar to keep apart:
 *
 *   - after a type, a typedef's name is a declarator's name; before one it is the type. So there are `typed` and
 *     `untyped` specifiers, and `plain` declarators that do not begin with a typedef's name.
 *   - in a parameter, `(T` begins the parameters of an abstract function, not a declarator in parentheses: `inner`.
 *   - labels among a block's items stand alone; add_item() puts them in front of the statement that follows.
 */
%require "3.8"
%define api.pure full
%define api.prefix {parse_yy}
%define api.value.type {union word_value}
%define parse.error simple
%parse-param {struct parser *p}
%lex-param {struct parser *p}
%expect 0

%code requires {
#include "parser.h"
}

%code {
/* Memory for deep nesting comes from the heap; the tree's height is limited by DEPTH_LIMIT anyway. */
#define YYMAXDEPTH 200000
#define YYSTACK_USE_ALLOCA 0

static int parse_yylex(union word_value *value, struct parser *p)
{
    return next_word(p, value);
}

static void parse_yyerror(struct parser *p, const char *text)
{
    (void)p;
    (void)text;
}

/* Leaves a scope after its last token: the token that was read ahead may mean something else outside. */
#define LEAVE_SCOPE() \
    do { \
        scope_pop(p->scopes); \
        if (yychar == IDENTIFIER || yychar == TYPEDEF_NAME) \
            yychar = word_again(p, yylval.token); \
    } while (0)
#define SPAN(node) (node)->first, (node)->last
}

%token <token> IDENTIFIER TYPEDEF_NAME CONSTANT STRING
%token <token> STORAGE STATIC QUALIFIER TYPE_WORD BIT_INT ATOMIC_TYPE RECORD ENUM ENUM_TYPE TYPEOF
%token <token> ALIGNAS ALIGNOF SIZEOF GENERIC STATIC_ASSERT EXTENSION REAL BUILTIN OFFSETOF
%token <token> ASM LOCAL_LABEL IF ELSE SWITCH CASE DEFAULT WHILE DO FOR GOTO BREAK CONTINUE RETURN
%token <token> ASYNC YIELDING AWAIT YIELD TRY CATCH FINALLY THROW DEFER WITH ASYNC_WITH ASYNC_FOR
%token <token> ELLIPSIS ARROW INCREMENT DECREMENT SHIFT_LEFT SHIFT_RIGHT LESS_EQUAL GREATER_EQUAL EQUAL NOT_EQUAL
%token <token> AND_AND OR_OR ASSIGN_OPERATOR UNKNOWN
%token <token> '(' ')' '[' ']' '{' '}' ';' ',' ':' '?' '=' '.' '~' '!'
%token <token> '*' '/' '%' '+' '-' '&' '^' '|' '<' '>'
%token <token> TOKEN_PRAGMA PRAGMA BODY ALIGNED_HEAD ALIGNED_TAIL
%token <node> ATTRIBUTE NESTED_ATTRIBUTE RECORD_ATTRIBUTE STATEMENT_ATTRIBUTE

/* Attributes behind a declarator are its own, not those of an old-style parameter declaration. */
%precedence DECLARATOR
%precedence ATTRIBUTE ALIGNED_HEAD
%precedence THEN
%precedence ELSE
%left OR_OR
%left AND_AND
%left '|'
%left '^'
%left '&'
%left EQUAL NOT_EQUAL
%left '<' '>' LESS_EQUAL GREATER_EQUAL
%left SHIFT_LEFT SHIFT_RIGHT
%left '+' '-'
%left '*' '/' '%'

%type <token> any_name nontype_word opt_name
%type <node> external_declaration function_definition function_start function_head body
%type <node> primary string generic generic_open builtin_open offsetof_open builtin_argument postfix call_open
%type <node> call_list builtin_list unary cast binary conditional assignment expression type_name
%type <node> typed untyped specifiers nontype_node type_node attribute alignas
%type <node> record record_open record_body enum enum_open enum_list enum_body enumerator
%type <token> record_head enum_head
%type <node> declaration declarators first_declarator static_assertion
%type <node> declarator direct plain_declarator plain_direct pointer pointer_one
%type <node> parameter_declarator parameter_direct inner inner_direct typedef_direct
%type <node> abstract_declarator abstract_direct suffix abstract_suffix array_open array_suffix
%type <node> function_open function_suffix abstract_function_suffix parameters parameter names asm_label
%type <token> nested_open attributes
%type <node> member_declaration members member_declarator plain_member_declarator bit_field plain_bit_field
%type <node> initialiser init_list init_open init_items init_item designators designator
%type <node> compound_statement block_open block_item nested_function statement unlabelled label
%type <node> expression_statement jump_statement asm_statement asm_open local_labels
%type <node> for_open for_init opt_expression try_statement catch_clause catch_open catch_codes
%type <node> another_declarator implicit_head with_open with_expressions with_declared each_open throw_open

%start external

%%

external:
    external_declaration { p->item = $1; } ;

external_declaration:
    declaration
  | function_definition
  | asm_statement
  | ';' { $$ = NULL; } ;

/* ---- expressions ----------------------------------------------------------------------------- */

any_name:
    IDENTIFIER
  | TYPEDEF_NAME ;

primary:
    IDENTIFIER { $$ = make_name(p, $1); }
  | CONSTANT { $$ = make(p, NODE_CONSTANT, $1, $1, 0); }
  | string
  | '(' expression ')' { $$ = make(p, NODE_PAREN, $1, $3, 1, $2); }
  | '(' compound_statement ')' { part_last_label(p, $2); $$ = make(p, NODE_STATEMENT_EXPR, $1, $3, 1, $2); }
  | generic ')' { $$ = finish($1, $2); }
  | builtin_list ')' { $$ = finish($1, $2); }
  | builtin_open ')' { $$ = finish($1, $2); }
  | offsetof_open ')' { $$ = finish($1, $2); } ;

string:
    STRING { $$ = make(p, NODE_STRING, $1, $1, 0); }
  | string STRING { $$ = finish($1, $2); } ;

generic_open:
    GENERIC '(' assignment { $3->is_unevaluated = true; $$ = make(p, NODE_GENERIC, $1, $3->last, 1, $3); }
  | GENERIC '(' type_name { $3->is_unevaluated = true; $$ = make(p, NODE_GENERIC, $1, $3->last, 1, $3); } ;

generic:
    generic_open ',' type_name ':' assignment
    { $$ = attach(p, $1, make(p, NODE_GENERIC_ASSOC, $3->first, $5->last, 2, $3, $5)); }
  | generic_open ',' DEFAULT ':' assignment
    { $$ = attach(p, $1, make(p, NODE_GENERIC_ASSOC, $3, $5->last, 2, NULL, $5)); }
  | generic ',' type_name ':' assignment
    { $$ = attach(p, $1, make(p, NODE_GENERIC_ASSOC, $3->first, $5->last, 2, $3, $5)); }
  | generic ',' DEFAULT ':' assignment
    { $$ = attach(p, $1, make(p, NODE_GENERIC_ASSOC, $3, $5->last, 2, NULL, $5)); } ;

builtin_open:
    BUILTIN '(' { $$ = make(p, NODE_BUILTIN, $1, $2, 0); $$->op = $1; } ;

builtin_list:
    builtin_open builtin_argument { $$ = attach(p, $1, $2); }
  | builtin_list ',' builtin_argument { $$ = attach(p, $1, $3); } ;

builtin_argument:
    assignment
  | type_name ;

offsetof_open:
    OFFSETOF '(' type_name ',' any_name { $$ = make(p, NODE_BUILTIN, $1, $5, 1, $3); $$->op = $1; }
  | offsetof_open '.' any_name { $$ = finish($1, $3); }
  | offsetof_open ARROW any_name { $$ = finish($1, $3); }
  | offsetof_open '[' expression ']' { $$ = finish(attach(p, $1, $3), $4); } ;

postfix:
    primary
  | postfix '[' expression ']' { $$ = make(p, NODE_INDEX, $1->first, $4, 2, $1, $3); }
  | call_open ')' { $$ = finish($1, $2); }
  | call_list ')' { $$ = finish($1, $2); }
  | postfix '.' any_name { $$ = make_member(p, $1, $2, $3); }
  | postfix ARROW any_name { $$ = make_member(p, $1, $2, $3); }
  | postfix INCREMENT { $$ = make(p, NODE_POSTFIX, $1->first, $2, 1, $1); $$->op = $2; }
  | postfix DECREMENT { $$ = make(p, NODE_POSTFIX, $1->first, $2, 1, $1); $$->op = $2; }
  | '(' type_name ')' init_list { $$ = make(p, NODE_COMPOUND_LITERAL, $1, $4->last, 2, $2, $4); } ;

call_open:
    postfix '(' { $$ = make(p, NODE_CALL, $1->first, $2, 1, $1); } ;

call_list:
    call_open assignment { $$ = attach(p, $1, $2); }
  | call_list ',' assignment { $$ = attach(p, $1, $3); } ;

unary:
    postfix
  | INCREMENT unary { $$ = make_prefix(p, NODE_PREFIX, $1, $2); }
  | DECREMENT unary { $$ = make_prefix(p, NODE_PREFIX, $1, $2); }
  | '&' cast { $$ = make_prefix(p, NODE_UNARY, $1, $2); }
  | '*' cast { $$ = make_prefix(p, NODE_UNARY, $1, $2); }
  | '+' cast { $$ = make_prefix(p, NODE_UNARY, $1, $2); }
  | '-' cast { $$ = make_prefix(p, NODE_UNARY, $1, $2); }
  | '~' cast { $$ = make_prefix(p, NODE_UNARY, $1, $2); }
  | '!' cast { $$ = make_prefix(p, NODE_UNARY, $1, $2); }
  | REAL cast { $$ = make_prefix(p, NODE_UNARY, $1, $2); }
  | EXTENSION cast { $$ = make_prefix(p, NODE_UNARY, $1, $2); }
  | AWAIT cast { $$ = make_prefix(p, NODE_AWAIT, $1, $2); $$->has_await = $$->has_dialect = true; }
  | AND_AND any_name
    { $$ = make(p, NODE_LABEL_ADDRESS, $1, $2, 0); $$->op = $2; $$->symbol = bind_label(p, $2, NULL); }
  | SIZEOF unary { $$ = make_unevaluated(p, NODE_SIZEOF_EXPR, $1, $2->last, $2); }
  | SIZEOF '(' type_name ')' { $$ = make_unevaluated(p, NODE_SIZEOF_TYPE, $1, $4, $3); }
  | ALIGNOF unary { $$ = make_unevaluated(p, NODE_SIZEOF_EXPR, $1, $2->last, $2); }
  | ALIGNOF '(' type_name ')' { $$ = make_unevaluated(p, NODE_SIZEOF_TYPE, $1, $4, $3); } ;

cast:
    unary
  | '(' type_name ')' cast { $$ = make(p, NODE_CAST, $1, $4->last, 2, $2, $4); } ;

binary:
    cast
  | binary '*' binary { $$ = make_operator(p, NODE_BINARY, $1, $2, $3); }
  | binary '/' binary { $$ = make_operator(p, NODE_BINARY, $1, $2, $3); }
  | binary '%' binary { $$ = make_operator(p, NODE_BINARY, $1, $2, $3); }
  | binary '+' binary { $$ = make_operator(p, NODE_BINARY, $1, $2, $3); }
  | binary '-' binary { $$ = make_operator(p, NODE_BINARY, $1, $2, $3); }
  | binary SHIFT_LEFT binary { $$ = make_operator(p, NODE_BINARY, $1, $2, $3); }
  | binary SHIFT_RIGHT binary { $$ = make_operator(p, NODE_BINARY, $1, $2, $3); }
  | binary '<' binary { $$ = make_operator(p, NODE_BINARY, $1, $2, $3); }
  | binary '>' binary { $$ = make_operator(p, NODE_BINARY, $1, $2, $3); }
  | binary LESS_EQUAL binary { $$ = make_operator(p, NODE_BINARY, $1, $2, $3); }
  | binary GREATER_EQUAL binary { $$ = make_operator(p, NODE_BINARY, $1, $2, $3); }
  | binary EQUAL binary { $$ = make_operator(p, NODE_BINARY, $1, $2, $3); }
  | binary NOT_EQUAL binary { $$ = make_operator(p, NODE_BINARY, $1, $2, $3); }
  | binary '&' binary { $$ = make_operator(p, NODE_BINARY, $1, $2, $3); }
  | binary '^' binary { $$ = make_operator(p, NODE_BINARY, $1, $2, $3); }
  | binary '|' binary { $$ = make_operator(p, NODE_BINARY, $1, $2, $3); }
  | binary AND_AND binary { $$ = make_operator(p, NODE_LOGICAL, $1, $2, $3); }
  | binary OR_OR binary { $$ = make_operator(p, NODE_LOGICAL, $1, $2, $3); } ;

conditional:
    binary
  | binary '?' expression ':' conditional
    { $$ = make(p, NODE_CONDITIONAL, $1->first, $5->last, 3, $1, $3, $5); $$->op = $2; }
  | binary '?' ':' conditional
    { $$ = make(p, NODE_CONDITIONAL, $1->first, $4->last, 3, $1, NULL, $4); $$->op = $2; } ;

/* That the left side is an lvalue is the C compiler's business. */
assignment:
    conditional
  | conditional '=' assignment { $$ = make_operator(p, NODE_ASSIGN, $1, $2, $3); }
  | conditional ASSIGN_OPERATOR assignment { $$ = make_operator(p, NODE_COMPOUND_ASSIGN, $1, $2, $3); } ;

expression:
    assignment
  | expression ',' assignment { $$ = make_operator(p, NODE_COMMA, $1, $2, $3); } ;

/* ---- types ----------------------------------------------------------------------------------- */

type_name:
    specifiers { $$ = make(p, NODE_TYPE_NAME, SPAN($1), 1, $1); $$->is_async = $1->is_async; }
  | specifiers abstract_declarator
    {
        $$ = make(p, NODE_TYPE_NAME, $1->first, $2->last, 2, $1, $2);
        bind_declarator(p, $1, $2);
        $$->is_async = $1->is_async;
    } ;

specifiers:
    typed
  | untyped ;

nontype_word:
    STORAGE
  | STATIC
  | QUALIFIER
  | ASYNC
  | YIELDING ;

nontype_node:
    attribute
  | alignas ;

type_node:
    record
  | enum
  | TYPEOF '(' expression ')' { $$ = make_unevaluated(p, NODE_TYPEOF, $1, $4, $3); }
  | TYPEOF '(' type_name ')' { $$ = make_unevaluated(p, NODE_TYPEOF, $1, $4, $3); }
  | ATOMIC_TYPE '(' type_name ')' { $$ = make_unevaluated(p, NODE_TYPEOF, $1, $4, $3); }
  | BIT_INT '(' conditional ')' { $$ = make_unevaluated(p, NODE_TYPEOF, $1, $4, $3); } ;

untyped:
    nontype_word { $$ = specifiers_word(p, NULL, $1); }
  | nontype_node { $$ = specifiers_node(p, NULL, $1); }
  | untyped nontype_word { $$ = specifiers_word(p, $1, $2); }
  | untyped nontype_node { $$ = specifiers_node(p, $1, $2); } ;

typed:
    TYPE_WORD { $$ = specifiers_word(p, NULL, $1); }
  | TYPEDEF_NAME { $$ = specifiers_typedef(p, NULL, $1); }
  | type_node { $$ = specifiers_node(p, NULL, $1); }
  | untyped TYPE_WORD { $$ = specifiers_word(p, $1, $2); }
  | untyped TYPEDEF_NAME { $$ = specifiers_typedef(p, $1, $2); }
  | untyped type_node { $$ = specifiers_node(p, $1, $2); }
  | typed TYPE_WORD { if (is_defined($1)) YYERROR; $$ = specifiers_word(p, $1, $2); }
  | typed type_node { if (is_defined($1)) YYERROR; $$ = specifiers_node(p, $1, $2); }
  | typed nontype_word { $$ = specifiers_word(p, $1, $2); }
  | typed nontype_node { $$ = specifiers_node(p, $1, $2); } ;

attribute:
    ATTRIBUTE
  | ALIGNED_HEAD '(' expression ')' ALIGNED_TAIL { $$ = make_unevaluated(p, NODE_ALIGNAS, $1, $5, $3); } ;

alignas:
    ALIGNAS '(' conditional ')' { $$ = make_unevaluated(p, NODE_ALIGNAS, $1, $4, $3); }
  | ALIGNAS '(' type_name ')' { $$ = make_unevaluated(p, NODE_ALIGNAS, $1, $4, $3); } ;

record_head:
    RECORD
  | record_head attribute ;

opt_name:
    %empty { $$ = 0; }
  | any_name ;

record:
    record_head any_name { $$ = make_record(p, NODE_RECORD, $1, $2, $2, false); }
  | record_body ;

record_open:
    record_head opt_name '{' { $$ = make_record(p, NODE_RECORD, $1, $2, $3, true); }
  | record_open member_declaration { $$ = $2 ? attach(p, $1, $2) : $1; } ;

record_body:
    record_open '}' { $$ = finish($1, $2); }
  | record_body RECORD_ATTRIBUTE { $$ = finish($1, $2->last); } ;

member_declaration:
    specifiers ';'
    {
        $$ = make(p, NODE_MEMBER_DECLARATION, $1->first, $2, 1, $1);
        $$->is_async = $1->is_async;
    }
  | members ';' { $$ = finish($1, $2); }
  | static_assertion
  | ';' { $$ = NULL; } ;

members:
    typed member_declarator
    {
        $$ = make(p, NODE_MEMBER_DECLARATION, $1->first, $2->last, 2, $1, $2);
        $$->is_async = $1->is_async;
        bind_member(p, $1, $2);
    }
  | untyped plain_member_declarator
    {
        $$ = make(p, NODE_MEMBER_DECLARATION, $1->first, $2->last, 2, $1, $2);
        $$->is_async = $1->is_async;
        bind_member(p, $1, $2);
    }
  | members ',' member_declarator { $$ = attach(p, $1, $3); bind_member(p, $1->child[0], $3); }
  | members ',' attribute member_declarator
    { $$ = attach(p, $1, lead_declarator(p, $3, $4)); bind_member(p, $1->child[0], $4); } ;

member_declarator:
    declarator
  | bit_field ;

plain_member_declarator:
    plain_declarator
  | plain_bit_field ;

bit_field:
    ':' conditional { $$ = make(p, NODE_DECLARATOR, $1, $2->last, 1, $2); }
  | declarator ':' conditional { $$ = attach(p, $1, $3); }
  | bit_field attribute { $$ = attach(p, $1, $2); } ;

plain_bit_field:
    ':' conditional { $$ = make(p, NODE_DECLARATOR, $1, $2->last, 1, $2); }
  | plain_declarator ':' conditional { $$ = attach(p, $1, $3); }
  | plain_bit_field attribute { $$ = attach(p, $1, $2); } ;

enum_head:
    ENUM
  | enum_head attribute ;

enum:
    enum_head any_name { $$ = make_record(p, NODE_ENUM, $1, $2, $2, false); }
  | enum_head any_name ENUM_TYPE { $$ = make_record(p, NODE_ENUM, $1, $2, $3, false); }
  | enum_body ;

enum_open:
    enum_head opt_name '{' { $$ = make_record(p, NODE_ENUM, $1, $2, $3, true); }
  | enum_head any_name ENUM_TYPE '{' { $$ = make_record(p, NODE_ENUM, $1, $2, $4, true); }
  | enum_head ENUM_TYPE '{' { $$ = make_record(p, NODE_ENUM, $1, 0, $3, true); } ;

enum_list:
    enum_open enumerator { $$ = attach(p, $1, $2); }
  | enum_list ',' enumerator { $$ = attach(p, $1, $3); } ;

enum_body:
    enum_open '}' { $$ = finish($1, $2); }
  | enum_list '}' { $$ = finish($1, $2); }
  | enum_list ',' '}' { $$ = finish($1, $3); }
  | enum_body RECORD_ATTRIBUTE { $$ = finish($1, $2->last); } ;

enumerator:
    any_name attributes { $$ = make(p, NODE_ENUMERATOR, $1, $2 ? $2 : $1, 0); bind_enumerator(p, $$); }
  | any_name attributes '=' conditional
    { $$ = make(p, NODE_ENUMERATOR, $1, $4->last, 1, $4); bind_enumerator(p, $$); } ;

attributes:
    %empty { $$ = 0; }
  | attributes attribute { $$ = $2->last; } ;

/* ---- declarators ----------------------------------------------------------------------------- */

pointer_one:
    '*' { $$ = make(p, NODE_POINTER, $1, $1, 0); }
  | pointer_one QUALIFIER { $$ = finish($1, $2); }
  | pointer_one attribute { $$ = finish($1, $2->last); } ;

pointer:
    pointer_one { $$ = make(p, NODE_SEQUENCE, SPAN($1), 1, $1); }
  | pointer pointer_one { $$ = attach(p, $1, $2); } ;

nested_open:
    '('
  | nested_open NESTED_ATTRIBUTE ;

declarator:
    direct %prec DECLARATOR
  | pointer direct %prec DECLARATOR { $$ = point_declarator(p, $1, $2); } ;

direct:
    IDENTIFIER { $$ = make_declarator(p, $1); }
  | TYPEDEF_NAME { $$ = make_declarator(p, $1); }
  | nested_open declarator ')' { $$ = make_nested(p, $1, $2, $3); }
  | direct suffix { $$ = attach(p, $1, $2); } ;

plain_declarator:
    plain_direct %prec DECLARATOR
  | pointer direct %prec DECLARATOR { $$ = point_declarator(p, $1, $2); } ;

plain_direct:
    IDENTIFIER { $$ = make_declarator(p, $1); }
  | nested_open declarator ')' { $$ = make_nested(p, $1, $2, $3); }
  | plain_direct suffix { $$ = attach(p, $1, $2); } ;

parameter_declarator:
    parameter_direct
  | pointer parameter_direct { $$ = point_declarator(p, $1, $2); } ;

parameter_direct:
    inner_direct
  | typedef_direct ;

typedef_direct:
    TYPEDEF_NAME { $$ = make_declarator(p, $1); }
  | typedef_direct suffix { $$ = attach(p, $1, $2); } ;

inner:
    inner_direct
  | pointer parameter_direct { $$ = point_declarator(p, $1, $2); } ;

inner_direct:
    IDENTIFIER { $$ = make_declarator(p, $1); }
  | nested_open inner ')' { $$ = make_nested(p, $1, $2, $3); }
  | inner_direct suffix { $$ = attach(p, $1, $2); } ;

abstract_declarator:
    pointer { $$ = point_declarator(p, $1, NULL); }
  | abstract_direct
  | pointer abstract_direct { $$ = point_declarator(p, $1, $2); } ;

abstract_direct:
    nested_open abstract_declarator ')' { $$ = make_nested(p, $1, $2, $3); }
  | abstract_suffix { $$ = make(p, NODE_DECLARATOR, SPAN($1), 1, $1); }
  | abstract_direct abstract_suffix { $$ = attach(p, $1, $2); }
  | abstract_direct attribute { $$ = attach(p, $1, $2); } ;

suffix:
    array_suffix
  | function_suffix
  | attribute
  | asm_label ;

abstract_suffix:
    array_suffix
  | abstract_function_suffix ;

asm_label:
    ASM '(' string ')' { $$ = make(p, NODE_ATTRIBUTE, $1, $4, 0); } ;

array_open:
    '[' { $$ = make(p, NODE_ARRAY, $1, $1, 0); }
  | array_open STATIC
  | array_open QUALIFIER
  | array_open attribute ;

array_suffix:
    array_open ']' { $$ = finish($1, $2); }
  | array_open assignment ']' { $$ = finish(attach(p, $1, $2), $3); }
  | array_open '*' ']' { $$ = finish($1, $3); } ;

function_open:
    '(' { $$ = begin_prototype(p, $1); } ;

function_suffix:
    abstract_function_suffix
  | names end_prototype ')' { $$ = finish($1, $3); } ;

abstract_function_suffix:
    function_open end_prototype ')' { $$ = finish($1, $3); }
  | parameters end_prototype ')' { $$ = finish($1, $3); }
  | parameters ',' ELLIPSIS end_prototype ')' { $$ = finish($1, $5); $$->is_variadic = true; }
  | function_open ELLIPSIS end_prototype ')' { $$ = finish($1, $4); $$->is_variadic = true; } ;

end_prototype:
    %empty { scope_pop(p->scopes); } ;

parameters:
    function_open parameter { $$ = attach(p, $1, $2); }
  | parameters ',' parameter { $$ = attach(p, $1, $3); }
  | parameters ';' parameter { $$ = attach(p, $1, $3); } ;

parameter:
    specifiers { $$ = make_parameter(p, $1, NULL); }
  | typed parameter_declarator { $$ = make_parameter(p, $1, $2); }
  | untyped inner { $$ = make_parameter(p, $1, $2); }
  | typed abstract_declarator { $$ = make_parameter(p, $1, $2); }
  | untyped abstract_declarator { $$ = make_parameter(p, $1, $2); } ;

names:
    function_open IDENTIFIER { $$ = finish($1, $2); $$->is_old_style = true; bind_old_parameter(p, $2); }
  | names ',' IDENTIFIER { $$ = finish($1, $3); bind_old_parameter(p, $3); } ;

/* ---- declarations ---------------------------------------------------------------------------- */

declaration:
    specifiers ';' { $$ = make_lone(p, $1, $2); }
  | declarators ';' { $$ = finish($1, $2); }
  | static_assertion ;

static_assertion:
    STATIC_ASSERT '(' conditional ')' ';' { $$ = make(p, NODE_STATIC_ASSERT, $1, $5, 1, $3); }
  | STATIC_ASSERT '(' conditional ',' string ')' ';' { $$ = make(p, NODE_STATIC_ASSERT, $1, $7, 1, $3); } ;

first_declarator:
    typed declarator { $$ = begin_declaration(p, $1, $2); }
  | untyped plain_declarator { if (lacks_type(p, $1)) YYERROR; $$ = begin_declaration(p, $1, $2); } ;

declarators:
    first_declarator
  | first_declarator '=' initialiser { $$ = initialise(p, $1, $3); }
  | another_declarator
  | another_declarator '=' initialiser { $$ = initialise(p, $1, $3); } ;

another_declarator:
    declarators ',' declarator { $$ = add_declarator(p, $1, $3); }
  | declarators ',' attribute declarator { $$ = add_declarator(p, $1, lead_declarator(p, $3, $4)); } ;

function_start:
    first_declarator { $$ = $1; begin_function(p, $1); } ;

function_head:
    function_start
  | function_head declaration { $$ = attach(p, $1, $2); } ;

function_definition:
    function_head body { $$ = finish_function(p, $1, NODE_FUNCTION_DEFINITION, $2); }
  | implicit_head body { $$ = finish_function(p, $1, NODE_FUNCTION_DEFINITION, $2); } ;

implicit_head:
    plain_declarator
    {
        $$ = begin_declaration(p, no_specifiers(p, $1->first), $1);
        begin_function(p, $$);
    }
  | implicit_head declaration { $$ = attach(p, $1, $2); } ;

nested_function:
    function_head compound_statement { $$ = finish_function(p, $1, NODE_NESTED_FUNCTION, $2); } ;

body:
    BODY { $$ = NULL; }
  | compound_statement ;

initialiser:
    assignment
  | init_list ;

init_open:
    '{' { $$ = make(p, NODE_INIT_LIST, $1, $1, 0); } ;

init_list:
    init_open '}' { $$ = finish($1, $2); }
  | init_items '}' { $$ = finish($1, $2); }
  | init_items ',' '}' { $$ = finish($1, $3); } ;

init_items:
    init_open init_item { $$ = attach(p, $1, $2); }
  | init_items ',' init_item { $$ = attach(p, $1, $3); } ;

init_item:
    initialiser { $$ = make(p, NODE_INIT_ITEM, SPAN($1), 1, $1); }
  | designators '=' initialiser { $$ = attach(p, $1, $3); }
  | designators initialiser { $$ = attach(p, $1, $2); }
  | any_name ':' initialiser
    { $$ = make(p, NODE_INIT_ITEM, $1, $3->last, 2, make(p, NODE_DESIGNATOR, $1, $1, 0), $3); } ;

designators:
    designator { $$ = make(p, NODE_INIT_ITEM, SPAN($1), 1, $1); }
  | designators designator { $$ = attach(p, $1, $2); } ;

designator:
    '.' any_name { $$ = make(p, NODE_DESIGNATOR, $1, $2, 0); }
  | '[' conditional ']' { $$ = make(p, NODE_DESIGNATOR, $1, $3, 1, $2); }
  | '[' conditional ELLIPSIS conditional ']' { $$ = make(p, NODE_DESIGNATOR, $1, $5, 2, $2, $4); } ;

/* ---- statements ------------------------------------------------------------------------------ */

block_open:
    '{' { $$ = begin_block(p, $1); }
  | block_open block_item { $$ = $1; add_item(p, $1, $2); } ;

compound_statement:
    block_open end_block '}' { $$ = finish($1, $3); } ;

end_block:
    %empty { end_block(p); } ;

block_item:
    declaration
  | nested_function
  | unlabelled
  | label
  | local_labels ';' { $$ = finish($1, $2); }
  | PRAGMA { $$ = make(p, NODE_PRAGMA, $1, $1, 0); } ;

local_labels:
    LOCAL_LABEL any_name { $$ = make(p, NODE_LOCAL_LABELS, $1, $2, 0); bind_local_label(p, $2); }
  | local_labels ',' any_name { $$ = finish($1, $3); bind_local_label(p, $3); } ;

statement:
    unlabelled
  | label statement { $$ = label_statement(p, $1, $2); } ;

label:
    any_name ':'
    { $$ = make(p, NODE_LABEL, $1, $2, 1, NULL); $$->op = $1; $$->symbol = bind_label(p, $1, $$); }
  | CASE conditional ':' { $$ = make(p, NODE_CASE, $1, $3, 3, $2, NULL, NULL); }
  | CASE conditional ELLIPSIS conditional ':' { $$ = make(p, NODE_CASE, $1, $5, 3, $2, $4, NULL); }
  | DEFAULT ':' { $$ = make(p, NODE_DEFAULT, $1, $2, 1, NULL); }
  | STATEMENT_ATTRIBUTE label { $$ = $2; $$->first = $1->first; } ;

unlabelled:
    compound_statement
  | expression_statement
  | IF '(' expression ')' statement %prec THEN
    { $$ = make(p, NODE_IF, $1, $5->last, 3, $3, $5, NULL); }
  | IF '(' expression ')' statement ELSE statement { $$ = make(p, NODE_IF, $1, $7->last, 3, $3, $5, $7); }
  | SWITCH '(' expression ')' statement { $$ = make(p, NODE_SWITCH, $1, $5->last, 2, $3, $5); }
  | WHILE '(' expression ')' statement { $$ = make(p, NODE_WHILE, $1, $5->last, 2, $3, $5); }
  | DO statement WHILE '(' expression ')' ';' { $$ = make(p, NODE_DO, $1, $7, 2, $2, $5); }
  | for_open for_init opt_expression ';' opt_expression ')' statement
    {
        attach(p, $1, $2);
        attach(p, $1, $3);
        attach(p, $1, $5);
        $$ = attach(p, $1, $7);
        LEAVE_SCOPE();
    }
  | jump_statement
  | asm_statement
  | try_statement { $$ = $1; }
  | try_statement FINALLY compound_statement
    { $$ = attach(p, $1, make(p, NODE_FINALLY, $2, $3->last, 1, $3)); }
  | throw_open ';' { $$ = finish($1, $2); }
  | DEFER statement { $$ = make(p, NODE_DEFER, $1, $2->last, 1, $2); $$->has_dialect = true; }
  | YIELD expression ';' { $$ = make(p, NODE_YIELD, $1, $3, 1, $2); $$->has_dialect = true; }
  | with_expressions ')' statement { $$ = attach(p, $1, $3); LEAVE_SCOPE(); }
  | with_declared ')' statement { $$ = attach(p, $1, $3); LEAVE_SCOPE(); }
  | each_open statement { $$ = attach(p, $1, $2); LEAVE_SCOPE(); }
  | STATEMENT_ATTRIBUTE unlabelled { $$ = $2; if ($2->kind != NODE_BLOCK) $$->first = $1->first; } ;

opt_expression:
    %empty { $$ = NULL; }
  | expression ;

expression_statement:
    expression ';' { $$ = make(p, NODE_EXPRESSION_STATEMENT, $1->first, $2, 1, $1); }
  | ';' { $$ = make(p, NODE_EMPTY, $1, $1, 0); } ;

for_open:
    FOR '(' { $$ = make(p, NODE_FOR, $1, $2, 0); scope_push(p->scopes, $$); } ;

for_init:
    declaration
  | opt_expression ';' ;

jump_statement:
    GOTO any_name ';' { $$ = make(p, NODE_GOTO, $1, $3, 0); $$->op = $2; $$->symbol = bind_label(p, $2, NULL); }
  | GOTO '*' expression ';' { $$ = make(p, NODE_GOTO_COMPUTED, $1, $4, 1, $3); }
  | BREAK ';' { $$ = make(p, NODE_BREAK, $1, $2, 0); }
  | CONTINUE ';' { $$ = make(p, NODE_CONTINUE, $1, $2, 0); }
  | RETURN ';' { $$ = make(p, NODE_RETURN, $1, $2, 1, NULL); }
  | RETURN expression ';' { $$ = make(p, NODE_RETURN, $1, $3, 1, $2); } ;

asm_statement:
    asm_open ')' ';' { $$ = finish($1, $3); } ;

asm_open:
    ASM asm_qualifiers '(' STRING { $$ = make(p, NODE_ASM, $1, $4, 0); }
  | asm_open ':'
  | asm_open ','
  | asm_open any_name
    {
        struct node *label = make(p, NODE_ASM_LABEL, $2, $2, 0);
        label->symbol = bind_label(p, $2, NULL);
        $$ = attach(p, $1, label);
    }
  | asm_open STRING
  | asm_open '(' expression ')' { $$ = finish(attach(p, $1, $3), $4); }
  | asm_open '[' any_name ']' ;

asm_qualifiers:
    %empty
  | asm_qualifiers QUALIFIER
  | asm_qualifiers STORAGE
  | asm_qualifiers GOTO ;

/* ---- the dialect's statements ---------------------------------------------------------------- */

try_statement:
    TRY compound_statement { $$ = make(p, NODE_TRY, $1, $2->last, 1, $2); $$->has_dialect = true; }
  | try_statement catch_clause { $$ = attach(p, $1, $2); } ;

catch_clause:
    CATCH compound_statement { $$ = make(p, NODE_CATCH, $1, $2->last, 1, $2); }
  | catch_open compound_statement { $$ = attach(p, $1, $2); LEAVE_SCOPE(); } ;

catch_open:
    CATCH '(' any_name ')' { $$ = begin_catch(p, make(p, NODE_CATCH, $1, $4, 0), $3); }
  | catch_codes ')' { $$ = begin_catch(p, $1, $1->op); } ;

catch_codes:
    CATCH '(' any_name ':' assignment { $$ = make(p, NODE_CATCH, $1, $5->last, 1, $5); $$->op = $3; }
  | catch_codes ',' assignment { $$ = attach(p, $1, $3); } ;

throw_open:
    THROW { $$ = make(p, NODE_THROW, $1, $1, 0); $$->has_dialect = true; }
  | THROW assignment { $$ = make(p, NODE_THROW, $1, $2->last, 1, $2); $$->has_dialect = true; }
  | throw_open ',' assignment { $$ = attach(p, $1, $3); } ;

with_open:
    ASYNC_WITH WITH '('
    { $$ = make(p, NODE_ASYNC_WITH, $1, $3, 0); $$->op = $2; $$->has_dialect = true; scope_push(p->scopes, $$); } ;

with_expressions:
    with_open assignment { $$ = attach(p, $1, make(p, NODE_WITH_ITEM, SPAN($2), 2, NULL, $2)); }
  | with_expressions ',' assignment { $$ = attach(p, $1, make(p, NODE_WITH_ITEM, SPAN($3), 2, NULL, $3)); } ;

with_declared:
    with_open typed declarator '=' assignment { $$ = begin_with_item(p, $1, $2, $3, $5); }
  | with_open untyped plain_declarator '=' assignment { $$ = begin_with_item(p, $1, $2, $3, $5); }
  | with_expressions ',' typed declarator '=' assignment { $$ = begin_with_item(p, $1, $3, $4, $6); }
  | with_expressions ',' untyped plain_declarator '=' assignment { $$ = begin_with_item(p, $1, $3, $4, $6); }
  | with_declared ',' declarator '=' assignment { $$ = begin_with_item(p, $1, NULL, $3, $5); } ;

each_open:
    ASYNC_FOR FOR '(' typed declarator ':' expression ')' { $$ = begin_each(p, $1, $4, $5, $7); }
  | ASYNC_FOR FOR '(' untyped plain_declarator ':' expression ')' { $$ = begin_each(p, $1, $4, $5, $7); } ;

%%

int parse_external(struct parser *parser)
{
    return parse_yyparse(parser);
}
