package topic

import (
	"net/netip"
	"strconv"
	"strings"
)

// The checks below follow the order in which AWS's rule language reads its
// tokens, as the first fault decides the text.

// parseValue reads one element of a key's list.
func parseValue(n node) (value, error) {
	switch n.kind {
	case textKind:
		return equalText(n.text), nil
	case numberKind:
		return equalNumber(n.quantity()), nil
	case literalKind:
		return equalLiteral(n.text), nil
	case arrayKind:
		return nil, wrong(n, "Match value must be String, number, true, false, or null")
	}
	if len(n.items) == 0 {
		return nil, wrong(n, "Match expression name not found")
	}
	name, operand := n.names[0], n.items[0]
	var v value
	var err error
	crowded := "Only one key allowed in match expression"
	switch name {
	case "prefix", "suffix", "equals-ignore-case":
		v, err = textOperator(name, operand)
	case "cidr":
		v, err = parseNetwork(operand)
	case "exists":
		v, err = parseExists(operand)
	case "anything-but":
		if operand.kind != objectKind {
			crowded = "Too many elements in numeric expression"
		}
		v, err = parseAnythingBut(operand)
	case "numeric":
		crowded = "Too many elements in numeric expression"
		v, err = parseNumeric(operand)
	default:
		return nil, wrong(n, "Unrecognized match type %s", name)
	}
	if err != nil {
		return nil, err
	}
	if len(n.items) > 1 {
		return nil, wrong(n.items[1], "%s", crowded)
	}
	return v, nil
}

func textOperator(name string, operand node) (value, error) {
	if operand.kind != textKind {
		return nil, wrong(operand, "%s match pattern must be a string", name)
	}
	switch name {
	case "prefix":
		return prefix(operand.text), nil
	case "suffix":
		return suffix(operand.text), nil
	}
	return ignoreCase(operand.text), nil
}

func parseExists(operand node) (value, error) {
	if operand.kind != literalKind || operand.isNull() {
		return nil, wrong(operand, "exists match pattern must be either true or false.")
	}
	return exists(operand.text == "true"), nil
}

// parseNetwork reads a CIDR. Faults inside its text have no place. [recorded]
func parseNetwork(operand node) (value, error) {
	if operand.kind != textKind {
		return nil, wrong(operand, "prefix match pattern must be a string")
	}
	address, mask, found := strings.Cut(operand.text, "/")
	if !found || mask == "" || strings.Contains(mask, "/") {
		return nil, placeless("Malformed CIDR, one '/' required")
	}
	bits, err := strconv.Atoi(mask)
	if err != nil {
		return nil, placeless("Malformed CIDR, mask bits must be an integer")
	}
	if bits < 0 {
		return nil, placeless("Malformed CIDR, mask bits must not be negative")
	}
	ip, err := netip.ParseAddr(address)
	switch {
	case err != nil || ip.Zone() != "":
		return nil, placeless("Nonstandard IP address: %s", address)
	case ip.Is4() && bits > maxMaskBits4:
		return nil, placeless("IPv4 mask bits must be < %d", maxMaskBits4+1)
	case bits > maxMaskBits6:
		return nil, placeless("IPv6 mask bits must be < %d", maxMaskBits6+1)
	}
	return network(netip.PrefixFrom(ip, bits)), nil
}

func parseAnythingBut(operand node) (value, error) {
	switch operand.kind {
	case textKind, numberKind:
		v, err := excludedValue(operand)
		return anythingBut{v}, err
	case objectKind:
		return parseAnythingButPrefix(operand)
	case literalKind:
		return nil, wrong(operand, "Value of anything-but must be an array or single string/number value.")
	}
	var v anythingBut
	kinds := map[kind]bool{}
	for _, item := range operand.items {
		if item.kind != textKind && item.kind != numberKind {
			return nil, wrong(item, "Inside anything but list, start|null|boolean is not supported.")
		}
		excluded, err := excludedValue(item)
		if err != nil {
			return nil, err
		}
		kinds[item.kind] = true
		v = append(v, excluded)
	}
	if len(kinds) != 1 {
		return nil, wrong(operand, "Inside anything but list, either all values are number or string, mixed type is not supported")
	}
	return v, nil
}

func excludedValue(n node) (value, error) {
	if n.kind == textKind {
		return equalText(n.text), nil
	}
	q := n.quantity()
	if !q.bounded {
		return nil, outOfBounds(n)
	}
	return equalNumber(q), nil
}

func outOfBounds(n node) error {
	return wrong(n, "Value must be between %d and %d, inclusive", int(-maxNumber), int(maxNumber))
}

func parseAnythingButPrefix(operand node) (value, error) {
	switch {
	case len(operand.items) == 0:
		return nil, wrong(operand, "Anything-But expression name not found")
	case operand.names[0] != "prefix":
		return nil, wrong(operand, "Unsupported anything-but pattern: %s", operand.names[0])
	}
	v, err := textOperator("prefix", operand.items[0])
	switch {
	case err != nil:
		return nil, err
	case v == prefix(""):
		return nil, wrong(operand.items[0], "Null prefix not allowed")
	case len(operand.items) > 1:
		return nil, wrong(operand.items[1], "Only one key allowed in match expression")
	}
	return anythingBut{v}, nil
}
