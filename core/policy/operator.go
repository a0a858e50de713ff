package policy

import "strings"

// An Operator is a condition operator: what is compared how, over several values
// how, and whether an absent key satisfies it [IAM User Guide, condition
// operators; multivalued context keys].
type Operator struct {
	Set      Set
	Test     Test
	IfExists bool
}

// A Set says how many of the request's values must satisfy a test.
type Set uint8

const (
	Single Set = iota
	ForAnyValue
	ForAllValues
)

var setNames = [...]string{Single: "", ForAnyValue: "ForAnyValue:", ForAllValues: "ForAllValues:"}

// A Test compares a value of the request with one of the policy.
type Test uint8

const (
	noTest Test = iota
	StringEquals
	StringNotEquals
	StringEqualsIgnoreCase
	StringNotEqualsIgnoreCase
	StringLike
	StringNotLike
	NumericEquals
	NumericNotEquals
	NumericLessThan
	NumericLessThanEquals
	NumericGreaterThan
	NumericGreaterThanEquals
	DateEquals
	DateNotEquals
	DateLessThan
	DateLessThanEquals
	DateGreaterThan
	DateGreaterThanEquals
	Bool
	BinaryEquals
	IPAddress
	NotIPAddress
	ARNEquals
	ARNNotEquals
	ARNLike
	ARNNotLike
	Null // whether the key is absent
)

// tests tells of each test its name, and of a negated one which test must not
// succeed.
var tests = [...]struct {
	name    string
	negates Test
}{
	StringEquals:              {"StringEquals", noTest},
	StringNotEquals:           {"StringNotEquals", StringEquals},
	StringEqualsIgnoreCase:    {"StringEqualsIgnoreCase", noTest},
	StringNotEqualsIgnoreCase: {"StringNotEqualsIgnoreCase", StringEqualsIgnoreCase},
	StringLike:                {"StringLike", noTest},
	StringNotLike:             {"StringNotLike", StringLike},
	NumericEquals:             {"NumericEquals", noTest},
	NumericNotEquals:          {"NumericNotEquals", NumericEquals},
	NumericLessThan:           {"NumericLessThan", noTest},
	NumericLessThanEquals:     {"NumericLessThanEquals", noTest},
	NumericGreaterThan:        {"NumericGreaterThan", noTest},
	NumericGreaterThanEquals:  {"NumericGreaterThanEquals", noTest},
	DateEquals:                {"DateEquals", noTest},
	DateNotEquals:             {"DateNotEquals", DateEquals},
	DateLessThan:              {"DateLessThan", noTest},
	DateLessThanEquals:        {"DateLessThanEquals", noTest},
	DateGreaterThan:           {"DateGreaterThan", noTest},
	DateGreaterThanEquals:     {"DateGreaterThanEquals", noTest},
	Bool:                      {"Bool", noTest},
	BinaryEquals:              {"BinaryEquals", noTest},
	IPAddress:                 {"IpAddress", noTest},
	NotIPAddress:              {"NotIpAddress", IPAddress},
	ARNEquals:                 {"ArnEquals", noTest},
	ARNNotEquals:              {"ArnNotEquals", ARNEquals},
	ARNLike:                   {"ArnLike", noTest},
	ARNNotLike:                {"ArnNotLike", ARNLike},
	Null:                      {"Null", noTest},
}

// String is the operator as policies spell it: ForAnyValue:StringLikeIfExists.
func (o Operator) String() string {
	name := setNames[o.Set] + tests[o.Test].name
	if o.IfExists {
		name += "IfExists"
	}
	return name
}

// ParseOperator reads an operator; false when there is none of that name. Null
// takes no IfExists [IAM User Guide, ...IfExists].
func ParseOperator(text string) (Operator, bool) {
	var o Operator
	for _, set := range []Set{ForAnyValue, ForAllValues} {
		if rest, ok := strings.CutPrefix(text, setNames[set]); ok {
			o.Set, text = set, rest
			break
		}
	}
	text, o.IfExists = strings.CutSuffix(text, "IfExists")
	for t := range tests {
		if Test(t) != noTest && tests[t].name == text {
			o.Test = Test(t)
			return o, o.Test != Null || !o.IfExists && o.Set == Single
		}
	}
	return Operator{}, false
}
