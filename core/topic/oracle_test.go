package topic

import (
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"slices"
	"strconv"
	"strings"
)

// This is the meaning of filter policies once more, as directly as possible and
// without regard to cost: the policy becomes a list of alternatives, the message
// a list of its leaves, each with the array elements it lies in, and all
// combinations of leaves are tried. It shares no code with the package and
// expects policies that the package has accepted.

type oracleLeaf struct {
	path     string
	value    any
	elements map[string]int // by array: the element on the way to the leaf
}

type oracleCondition struct {
	path   string
	values []any
}

func oracleMatch(policy string, root map[string]any) bool {
	if policy == "" {
		return true
	}
	tree := decode(policy).(map[string]any)
	if len(tree) == 0 {
		return true
	}
	var leaves []oracleLeaf
	oracleLeaves(root, nil, "", nil, &leaves)
	return slices.ContainsFunc(oracleWays(tree, nil), func(way []oracleCondition) bool {
		return oracleTry(way, leaves, map[string]int{})
	})
}

func decode(text string) any {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		panic(err)
	}
	return v
}

// oracleLeaves collects the leaves of v. where names v among all values.
func oracleLeaves(v any, path []string, where string, elements map[string]int, out *[]oracleLeaf) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			oracleLeaves(member, append(slices.Clone(path), name), fmt.Sprintf("%s.%q", where, name), elements, out)
		}
	case []any:
		for i, element := range v {
			inside := maps.Clone(elements)
			if inside == nil {
				inside = map[string]int{}
			}
			inside[where] = i
			oracleLeaves(element, path, fmt.Sprintf("%s[%d]", where, i), inside, out)
		}
	default:
		*out = append(*out, oracleLeaf{strings.Join(path, "."), v, elements})
	}
}

func oracleWays(tree map[string]any, path []string) [][]oracleCondition {
	ways := [][]oracleCondition{nil}
	for name, v := range tree {
		var more [][]oracleCondition
		switch v := v.(type) {
		case map[string]any:
			more = oracleWays(v, append(slices.Clone(path), name))
		case []any:
			if name == "$or" && oracleIsOr(v) {
				for _, branch := range v {
					more = append(more, oracleWays(branch.(map[string]any), path)...)
				}
			} else {
				more = [][]oracleCondition{{{strings.Join(append(slices.Clone(path), name), "."), v}}}
			}
		}
		var all [][]oracleCondition
		for _, a := range ways {
			for _, b := range more {
				all = append(all, slices.Concat(a, b))
			}
		}
		ways = all
	}
	return ways
}

func oracleIsOr(list []any) bool {
	for _, v := range list {
		branch, ok := v.(map[string]any)
		if !ok {
			return false
		}
		for name := range branch {
			switch name {
			case "exactly", "prefix", "suffix", "numeric", "anything-but", "cidr", "exists", "equals-ignore-case", "wildcard":
				return false
			}
		}
	}
	return len(list) >= 2
}

// oracleTry tries every leaf for the first condition, then the others with the
// elements so chosen.
func oracleTry(way []oracleCondition, leaves []oracleLeaf, chosen map[string]int) bool {
	if len(way) == 0 {
		return true
	}
	found := false
	for _, leaf := range leaves {
		if leaf.path != way[0].path {
			continue
		}
		found = true
		next, fits := maps.Clone(chosen), true
		for array, i := range leaf.elements {
			if j, ok := next[array]; ok && i != j {
				fits = false
			}
			next[array] = i
		}
		if fits && oracleAny(way[0].values, leaf.value) && oracleTry(way[1:], leaves, next) {
			return true
		}
	}
	if found {
		return false
	}
	for _, v := range way[0].values {
		if operator, ok := v.(map[string]any); ok && operator["exists"] == false {
			return oracleTry(way[1:], leaves, chosen)
		}
	}
	return false
}

func oracleAny(values []any, leaf any) bool {
	return slices.ContainsFunc(values, func(v any) bool { return oracleValue(v, leaf) })
}

func oracleValue(v, leaf any) bool {
	operator, ok := v.(map[string]any)
	if !ok {
		return oracleEqual(v, leaf)
	}
	s, isText := leaf.(string)
	for name, operand := range operator {
		switch name {
		case "prefix":
			return isText && strings.HasPrefix(s, operand.(string))
		case "suffix":
			return isText && strings.HasSuffix(s, operand.(string))
		case "equals-ignore-case":
			return isText && strings.EqualFold(s, operand.(string))
		case "exists":
			return operand == true && leaf != nil && leaf != ""
		case "cidr":
			return isText && oracleInBlock(s, operand.(string))
		case "anything-but":
			return !oracleExcluded(operand, leaf)
		case "numeric":
			return oracleNumeric(operand.([]any), leaf)
		}
	}
	return false
}

func oracleExcluded(operand, leaf any) bool {
	switch operand := operand.(type) {
	case []any:
		return slices.ContainsFunc(operand, func(v any) bool { return oracleEqual(v, leaf) })
	case map[string]any:
		s, ok := leaf.(string)
		return ok && strings.HasPrefix(s, operand["prefix"].(string))
	}
	return oracleEqual(operand, leaf)
}

func oracleEqual(v, leaf any) bool {
	a, ok := v.(json.Number)
	b, also := leaf.(json.Number)
	if !ok || !also {
		return v == leaf
	}
	x, xok := oracleNumber(a)
	y, yok := oracleNumber(b)
	if xok && yok {
		return x == y
	}
	return a == b
}

func oracleNumber(n json.Number) (float64, bool) {
	f, err := strconv.ParseFloat(string(n), 64)
	return f, err == nil && f >= -1e9 && f <= 1e9
}

func oracleNumeric(terms []any, leaf any) bool {
	n, ok := leaf.(json.Number)
	if !ok {
		return false
	}
	x, ok := oracleNumber(n)
	if !ok {
		return false
	}
	for i := 0; i+1 < len(terms); i += 2 {
		bound, _ := oracleNumber(terms[i+1].(json.Number))
		holds := map[string]bool{"=": x == bound, "<": x < bound, "<=": x <= bound, ">": x > bound, ">=": x >= bound}
		if !holds[terms[i].(string)] {
			return false
		}
	}
	return true
}

// oracleInBlock compares the bits of an address with those of a block. Addresses
// with a colon have 128, others 32.
func oracleInBlock(address, block string) bool {
	first, mask, _ := strings.Cut(block, "/")
	n, err := strconv.Atoi(mask)
	a, b := oracleBits(address), oracleBits(first)
	return err == nil && a != "" && len(a) == len(b) && a[:n] == b[:n]
}

func oracleBits(address string) string {
	ip := net.ParseIP(address)
	if !strings.Contains(address, ":") {
		ip = ip.To4()
	}
	var bits strings.Builder
	for _, b := range ip {
		fmt.Fprintf(&bits, "%08b", b)
	}
	return bits.String()
}
