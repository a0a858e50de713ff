package topic

import (
	"encoding/base64"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// An Attribute is a message attribute as subscribers see it. Value is the text
// of a String or Number, the JSON list of a String.Array, and base64 of a Binary.
type Attribute struct {
	Type  string
	Value string
}

var errNoList = errors.New("not a JSON list")

// base is the type without its label: String, Number or Binary.
func (a Attribute) base() string {
	base, _, _ := strings.Cut(a.Type, ".")
	return base
}

// Bytes is the value of a Binary attribute, and nil of others.
func (a Attribute) Bytes() ([]byte, error) {
	if a.base() != "Binary" {
		return nil, nil
	}
	return base64.StdEncoding.DecodeString(a.Value)
}

// An AttributeValue is a message attribute of a request; nil is what the request
// does not have.
type AttributeValue struct {
	DataType    *string
	StringValue *string
	BinaryValue []byte
}

// size is what the attribute counts in a message's size besides its name.
func (v AttributeValue) size() int {
	n := len(v.BinaryValue)
	for _, s := range []*string{v.DataType, v.StringValue} {
		if s != nil {
			n += len(*s)
		}
	}
	return n
}

// checkAttributes checks attributes and gives them as subscribers see them. The
// names are checked in their order, so that the answer is always the same. path
// is where in the request they are, for the one error that says so.
func checkAttributes(values map[string]AttributeValue, path string) (map[string]Attribute, error) {
	var attributes map[string]Attribute
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if err := checkAttributeName(name); err != nil {
			return nil, err
		}
		a, err := values[name].check(name, path)
		if err != nil {
			return nil, err
		}
		if attributes == nil {
			attributes = make(map[string]Attribute, len(values))
		}
		attributes[name] = a
	}
	return attributes, nil
}

// check gives the attribute, or AWS's refusal. [recorded]
func (v AttributeValue) check(name, path string) (Attribute, error) {
	if v.DataType == nil {
		return Attribute{}, missing(path + "messageAttributes." + name + ".member.dataType")
	}
	a := Attribute{Type: *v.DataType}
	switch base := a.base(); {
	case base != "String" && base != "Number" && base != "Binary" || strings.ContainsFunc(a.Type, notInAttributeName):
		return Attribute{}, refuseValue("The message attribute '%s' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.", name)
	case base == "Binary" && len(v.BinaryValue) > 0:
		a.Value = base64.StdEncoding.EncodeToString(v.BinaryValue)
	case base != "Binary" && v.StringValue != nil && *v.StringValue != "":
		a.Value = *v.StringValue
		if !utf8.ValidString(a.Value) {
			return Attribute{}, refuseValue("The message attribute '%s' has a value that is not UTF-8.", name)
		}
	default:
		return Attribute{}, v.empty(name, a)
	}
	return a, nil
}

// empty is the refusal of an attribute without the value that its type needs.
func (v AttributeValue) empty(name string, a Attribute) error {
	field, given := "String", v.StringValue != nil
	if a.base() == "Binary" {
		field, given = "Binary", v.BinaryValue != nil
	}
	if given || v.StringValue == nil && v.BinaryValue == nil {
		return refuseValue("The message attribute '%s' must contain non-empty message attribute value for message attribute type '%s'.", name, a.Type)
	}
	return refuseValue("The message attribute '%s' with type '%s' must use field '%s'.", name, a.Type, field)
}

// missing is what the front end says of a required member that is not there.
func missing(path string) *InvalidError {
	return &InvalidError{
		Code:    "ValidationError",
		Message: "1 validation error detected: Value null at '" + path + "' failed to satisfy constraint: Member must not be null",
	}
}

func notInAttributeName(r rune) bool { return notInName(r) && r != '.' }

// maxAttributeName is the first length, in bytes, that is too long.
const maxAttributeName = 256

func checkAttributeName(name string) error {
	if len(name) >= maxAttributeName {
		return refuseValue("Length of message attribute name must be less than %d bytes.", maxAttributeName)
	}
	for _, r := range name {
		if notInAttributeName(r) {
			return refuseValue("Invalid non-alphanumeric character '#x%X' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots.", r)
		}
	}
	switch {
	case name == "":
		return refuseValue("Message attribute name must not be empty.")
	case name[0] == '.':
		return refuseValue("Invalid message attribute name starting with character '.' was found.")
	case name[len(name)-1] == '.':
		return refuseValue("Invalid message attribute name ending with character '.' was found.")
	case strings.Contains(name, ".."):
		return refuseValue("Message attribute name can not have successive '.' character.")
	}
	return nil
}
