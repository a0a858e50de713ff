package alarm

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"tocsin/core/excerpt"
)

// Limits of a rule (CloudWatch API Reference, PutCompositeAlarm).
const (
	MaxRuleLength   = 10240 // characters
	MaxRuleElements = 500   // operators, constants, states and references
	MaxRuleChildren = 100   // different alarms
	maxRuleDepth    = 200   // ours: nesting of parentheses and NOTs
)

// A RuleError is a rule that cannot be read, with its place.
type RuleError struct {
	Rule string
	Pos  int // in bytes
	// Message is AWS's text, as PutCompositeAlarm returns it.
	Message string
	// Expected says in plain words what should stand at Pos.
	Expected string
}

// Error shows the place:
//
//	rule:1:10: expected a state
//	  AT_LEAST(1, BOGUS, (a))
//	              ^
func (e *RuleError) Error() string {
	line, column, source := excerpt.Place(e.Rule, e.Pos)
	return fmt.Sprintf("rule:%d:%d: expected %s\n%s", line, column, e.Expected, excerpt.Caret(source, column))
}

func ruleError(rule string, pos int, expected, message string) *RuleError {
	return &RuleError{Rule: rule, Pos: pos, Expected: expected, Message: "Error in AlarmRule [" + message + "]"}
}

// charAt is the place in AWS's messages: characters from 0. AWS's recorded rules
// are ASCII; for others this is a guess.
func charAt(rule string, pos int) int { return utf8.RuneCountInString(rule[:pos]) }

// What AWS's messages call the tokens that would fit.
const (
	wantTerm     = "'(', 'NOT', AT_LEAST, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA"
	wantState    = "ALARM, OK, or INSUFFICIENT_DATA"
	wantNotState = "'NOT', " + wantState
	wantNumber   = "NUMBER, PERCENTAGE NUMBER"
	wantName     = "'NOT', 'AND', 'OR', 'AT_LEAST', NUMBER, PERCENTAGE NUMBER, TRUE or FALSE, ALARM, OK, or INSUFFICIENT_DATA, unquoted alarm name, quoted alarm name"
)

// ParseRule reads an AlarmRule. Keywords are upper case; blanks between tokens
// do not matter. An error is a *RuleError, or an *InvalidError when a limit is
// exceeded.
//
// Whether the alarms exist, and belong to the same account and Region, is not
// known here; see CheckRefs.
func ParseRule(text string) (*Rule, error) {
	if n := utf8.RuneCountInString(text); n < 1 || n > MaxRuleLength {
		return nil, constraint(text, "alarmRule", fmt.Sprintf("Member must have length between 1 and %d, inclusive", MaxRuleLength))
	}
	tokens, err := lexRule(text)
	if err != nil {
		return nil, err
	}
	p := &ruleParser{text: text, tokens: tokens}
	expr, err := p.or(0)
	if err != nil {
		return nil, err
	}
	if t := p.peek(); t.kind != endToken {
		want := "<EOF>"
		if p.tokens[p.next+1].kind != endToken {
			// Recorded: what follows the odd token decides which list AWS prints.
			want = "<EOF>, 'AND', 'OR'"
		}
		return nil, p.unexpected(t.text, "AND, OR or the end of the rule", want)
	}
	rule := &Rule{Text: text, Expr: expr}
	if p.elements > MaxRuleElements {
		return nil, refuse("AlarmRule has %d elements; the maximum is %d", p.elements, MaxRuleElements)
	}
	if n := len(rule.Refs()); n > MaxRuleChildren {
		return nil, refuse("AlarmRule refers to %d alarms; the maximum is %d", n, MaxRuleChildren)
	}
	return rule, nil
}

type ruleParser struct {
	text     string
	tokens   []token // ends in an endToken
	next     int
	elements int
}

func (p *ruleParser) peek() token { return p.tokens[p.next] }

// accept takes the next token if it is this word or symbol.
func (p *ruleParser) accept(text string) bool {
	t := p.peek()
	if t.kind != wordToken && t.kind != symbolToken || t.text != text {
		return false
	}
	p.next++
	if t.kind == wordToken {
		p.elements++
	}
	return true
}

func (p *ruleParser) expect(symbol string) error {
	if p.accept(symbol) {
		return nil
	}
	return p.unexpected(p.peek().text, fmt.Sprintf("%q", symbol), "'"+symbol+"'")
}

// unexpected is the error for the next token; found is what AWS would quote of it.
func (p *ruleParser) unexpected(found, expected, want string) error {
	t := p.peek()
	if t.kind == endToken {
		found = "<EOF>"
	}
	return ruleError(p.text, t.pos, expected,
		fmt.Sprintf("Unsupported token '%s' at char %d, must be: %s", found, charAt(p.text, t.pos), want))
}

func (p *ruleParser) or(depth int) (Expr, error) {
	terms, err := p.joined("OR", func() (Expr, error) {
		all, err := p.joined("AND", func() (Expr, error) { return p.unary(depth) })
		if err != nil || len(all) == 1 {
			return first(all), err
		}
		return &AllOf{all}, nil
	})
	if err != nil || len(terms) == 1 {
		return first(terms), err
	}
	return &AnyOf{terms}, nil
}

func (p *ruleParser) joined(operator string, term func() (Expr, error)) ([]Expr, error) {
	var terms []Expr
	for {
		e, err := term()
		if err != nil {
			return nil, err
		}
		terms = append(terms, e)
		if !p.accept(operator) {
			return terms, nil
		}
	}
}

func first(terms []Expr) Expr {
	if len(terms) == 0 {
		return nil
	}
	return terms[0]
}

func (p *ruleParser) unary(depth int) (Expr, error) {
	if depth > maxRuleDepth {
		return nil, refuse("AlarmRule is nested more than %d levels deep", maxRuleDepth)
	}
	switch {
	case p.accept("NOT"):
		term, err := p.unary(depth + 1)
		if err != nil {
			return nil, err
		}
		return &Not{term}, nil
	case p.accept("("):
		e, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		return e, p.expect(")")
	case p.accept("TRUE"):
		return &Constant{true}, nil
	case p.accept("FALSE"):
		return &Constant{false}, nil
	case p.accept("AT_LEAST"):
		return p.atLeast()
	}
	if state, ok := p.state(); ok {
		ref, err := p.inParentheses()
		return &InState{state, ref}, err
	}
	return nil, p.unexpected(p.peek().text, "a state with an alarm, such as ALARM(name), or NOT, AT_LEAST, TRUE, FALSE, (", wantTerm)
}

func (p *ruleParser) state() (State, bool) {
	for _, s := range [...]State{InAlarm, OK, InsufficientData} {
		if p.accept(string(s)) {
			return s, true
		}
	}
	return "", false
}

func (p *ruleParser) inParentheses() (string, error) {
	if err := p.expect("("); err != nil {
		return "", err
	}
	ref, err := p.ref()
	if err != nil {
		return "", err
	}
	return ref, p.expect(")")
}

// ref reads an alarm's name or ARN. A bare one may be spelled like a keyword.
func (p *ruleParser) ref() (string, error) {
	t := p.peek()
	if t.kind != wordToken && t.kind != quotedToken {
		found := t.text
		if t.kind != endToken {
			found += p.tokens[p.next+1].text // as AWS quotes it here
		}
		return "", p.unexpected(found, "the name or ARN of an alarm", wantName)
	}
	p.next++
	p.elements++
	return t.name, nil
}

func (p *ruleParser) atLeast() (Expr, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	e := &AtLeast{}
	number := p.peek()
	digits, percent := strings.CutSuffix(number.text, "%")
	count, err := strconv.Atoi(digits)
	if number.kind != wordToken || strings.Trim(digits, "0123456789") != "" || err != nil && !errors.Is(err, strconv.ErrRange) {
		return nil, p.unexpected(number.text, "a whole number of alarms, or a percentage such as 50%", wantNumber)
	}
	e.Count, e.Percent = count, percent
	p.next++
	p.elements++
	if err := p.expect(","); err != nil {
		return nil, err
	}
	e.Not = p.accept("NOT")
	state, ok := p.state()
	if !ok {
		want := wantNotState
		if e.Not {
			want = wantState
		}
		return nil, p.unexpected(p.peek().text, "ALARM, OK or INSUFFICIENT_DATA", want)
	}
	e.State = state
	if err := p.expect(","); err != nil {
		return nil, err
	}
	if err := p.expect("("); err != nil {
		return nil, err
	}
	for {
		ref, err := p.ref()
		if err != nil {
			return nil, err
		}
		e.Refs = append(e.Refs, ref)
		if !p.accept(",") {
			break
		}
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	if err := p.expect(")"); err != nil {
		return nil, err
	}
	return e, p.checkCount(e, number)
}

func (p *ruleParser) checkCount(e *AtLeast, number token) error {
	switch {
	case e.Percent && (e.Count < 1 || e.Count > 100):
		return ruleError(p.text, number.pos, "a percentage from 1% to 100%", "AT_LEAST percentage threshold must be between 1 and 100")
	case !e.Percent && (e.Count < 1 || e.Count > len(e.Refs)):
		return ruleError(p.text, number.pos, fmt.Sprintf("a number from 1 to %d, as many alarms as are named", len(e.Refs)),
			fmt.Sprintf("AT_LEAST absolute threshold must be between 1 and number of alarms (%d)", len(e.Refs)))
	}
	return nil
}
