package topic

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// Policies and bodies are drawn from so few words that they meet.
var (
	someKeys  = []string{"a", "b", "a.b", "c", "", "$or"}
	someTexts = []string{"", "x", "xy", "X", "10.0.0.1", "10.0.1.1", "::1", "::ffff:10.0.0.1"}
	someNums  = []json.Number{"0", "1", "1.0", "-1", "10e-1", "2", "1e9", "1e10", "10000000000"}
)

func drawLeaf(t *rapid.T) any {
	switch rapid.IntRange(0, 6).Draw(t, "leaf") {
	case 0, 1, 2:
		return rapid.SampledFrom(someTexts).Draw(t, "text")
	case 3, 4:
		return rapid.SampledFrom(someNums).Draw(t, "number")
	case 5:
		return rapid.Bool().Draw(t, "bool")
	}
	return nil
}

func drawBody(t *rapid.T, depth int) any {
	switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
	case depth > 3 || kind < 2:
		return drawLeaf(t)
	case kind < 4:
		object := map[string]any{}
		for range rapid.IntRange(0, 3).Draw(t, "members") {
			object[rapid.SampledFrom(someKeys).Draw(t, "key")] = drawBody(t, depth+1)
		}
		return object
	}
	list := []any{}
	for range rapid.IntRange(0, 3).Draw(t, "elements") {
		list = append(list, drawBody(t, depth+1))
	}
	return list
}

func drawValue(t *rapid.T) any {
	text := rapid.SampledFrom(someTexts)
	number := rapid.SampledFrom(someNums[:7])
	switch rapid.IntRange(0, 11).Draw(t, "value") {
	case 0:
		return map[string]any{"prefix": text.Draw(t, "text")}
	case 1:
		return map[string]any{"suffix": text.Draw(t, "text")}
	case 2:
		return map[string]any{"equals-ignore-case": text.Draw(t, "text")}
	case 3, 4:
		return map[string]any{"exists": rapid.Bool().Draw(t, "exists")}
	case 5:
		return map[string]any{"cidr": rapid.SampledFrom([]string{"10.0.0.0/24", "10.0.0.1/32", "0.0.0.0/0", "::/0", "::1/128"}).Draw(t, "cidr")}
	case 6:
		return map[string]any{"anything-but": text.Draw(t, "text")}
	case 7:
		return map[string]any{"anything-but": []any{number.Draw(t, "number"), number.Draw(t, "number")}}
	case 8:
		return map[string]any{"anything-but": map[string]any{"prefix": "x"}}
	case 9:
		operator := rapid.SampledFrom([]string{"=", "<", "<=", ">", ">="}).Draw(t, "operator")
		return map[string]any{"numeric": []any{operator, number.Draw(t, "number")}}
	case 10:
		return map[string]any{"numeric": []any{">=", json.Number("0"), "<", json.Number("2")}}
	}
	return drawLeaf(t)
}

func drawPolicy(t *rapid.T, depth int) map[string]any {
	policy := map[string]any{}
	for range rapid.IntRange(1, 3).Draw(t, "keys") {
		key := rapid.SampledFrom(someKeys).Draw(t, "key")
		kind := rapid.IntRange(0, 3).Draw(t, "kind")
		switch {
		case key == "$or" && kind > 0 && depth < 2:
			policy[key] = []any{drawPolicy(t, depth+1), drawPolicy(t, depth+1)}
		case kind == 0 && depth < 2:
			policy[key] = drawPolicy(t, depth+1)
		default:
			values := []any{}
			for range rapid.IntRange(1, 2).Draw(t, "values") {
				values = append(values, drawValue(t))
			}
			policy[key] = values
		}
	}
	return policy
}

// TestFilterPairs compares the matcher with the oracle on policies and bodies
// that are drawn at random.
func TestFilterPairs(t *testing.T) {
	tried, matched := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		policy := encode(drawPolicy(t, 0))
		p, err := ParseFilterPolicy(policy, MessageBody)
		if err != nil {
			return
		}
		for range 5 {
			root := map[string]any{}
			for range rapid.IntRange(0, 4).Draw(t, "members") {
				root[rapid.SampledFrom(someKeys).Draw(t, "key")] = drawBody(t, 0)
			}
			want := oracleMatch(policy, root)
			tried++
			if want {
				matched++
			}
			if got := p.decideBody(encode(root)) == Accepted; got != want {
				t.Errorf("policy %s\nbody %s\nmatch %v, the oracle says %v", policy, encode(root), got, want)
			}
		}
	})
	if !t.Failed() && matched == 0 {
		t.Errorf("none of the %d pairs matched: they tell nothing", tried)
	}
}

func FuzzFilterPolicy(f *testing.F) {
	f.Add(`{"a":["x",{"prefix":"p"},null,1.5e1]}`, `{"a":"x"}`)
	f.Add(`{"$or":[{"a":[{"exists":false}]},{"b":{"c":[{"numeric":[">",1,"<=",2]}]}}],"d.e":[{"cidr":"10.0.0.0/8"}]}`, `{"b":[{"c":[2]},{"c":1}],"d":{"e":"10.1.2.3"}}`)
	f.Add(`{"a":{"b":[{"anything-but":["x"]}],"c":[{"anything-but":{"prefix":"x"}}]}}`, `{"a":[{"b":"y"},{"c":"y"},[{"b":"y","c":1}]]}`)
	f.Add(`{"$or":["x",{"suffix":"y"}]}`, `{"$or":"xy"}`)
	f.Add(`{"a":[{"equals-ignore-case":"K"}]}`, `{"a":"k","a":"K"}`)
	f.Fuzz(func(t *testing.T, policy, body string) {
		p, err := ParseFilterPolicy(policy, MessageBody)
		if err != nil {
			checkRefusal(t, err)
			return
		}
		if again, err := ParseFilterPolicy(p.String(), MessageBody); err != nil || len(again.ways) != len(p.ways) {
			t.Fatalf("read again: %v", err)
		}
		decision := p.decideBody(body)
		if len(body) > 400 || !json.Valid([]byte(body)) {
			return // the oracle takes too long, or has nothing to say
		}
		root, ok := decode(body).(map[string]any)
		if !ok {
			if !p.IsZero() && decision != FilteredInvalidBody {
				t.Errorf("body %s: %s", body, decision)
			}
			return
		}
		if want := oracleMatch(p.String(), root); (decision == Accepted) != want {
			t.Errorf("policy %s\nbody %s\ndecision %s, the oracle says %v", policy, body, decision, want)
		}
	})
}
