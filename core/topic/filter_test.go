package topic

import (
	"fmt"
	"strings"
	"testing"
)

func TestFilterPolicyRefused(t *testing.T) {
	for policy, want := range map[string]string{
		`{`:                                  "failed to parse JSON. unexpected end of JSON input",
		`{"a":["b"]} x`:                      "failed to parse JSON. invalid character 'x' after top-level value",
		`["a"]`:                              "Filter is not an object",
		`{"a":{}}`:                           "Empty objects are not allowed",
		`{"a":null}`:                         `"a" must be an object or an array`,
		`{"a":[{}]}`:                         "Match expression name not found",
		`{"a":[{"wildcard":"x*"}]}`:          "Unrecognized match type wildcard",
		`{"a":[{"exactly":"x"}]}`:            "Unrecognized match type exactly",
		`{"a":[{"equals-ignore-case":1}]}`:   "equals-ignore-case match pattern must be a string",
		`{"a":[{"exists":true,"x":1}]}`:      "Only one key allowed in match expression",
		`{"a":[{"numeric":["=",1],"x":1}]}`:  "Too many elements in numeric expression",
		`{"a":[{"anything-but":"x","y":1}]}`: "Too many elements in numeric expression",
		`{"a":[{"anything-but":{"prefix":"x"},"y":1}]}`:      "Only one key allowed in match expression",
		`{"a":[{"anything-but":{"prefix":"x","y":1}}]}`:      "Only one key allowed in match expression",
		`{"a":[{"anything-but":{"prefix":""}}]}`:             "Null prefix not allowed",
		`{"a":[{"anything-but":{}}]}`:                        "Anything-But expression name not found",
		`{"a":[{"anything-but":null}]}`:                      "Value of anything-but must be an array or single string/number value.",
		`{"a":[{"anything-but":[true]}]}`:                    "Inside anything but list, start|null|boolean is not supported.",
		`{"a":[{"anything-but":["x",1]}]}`:                   "Inside anything but list, either all values are number or string, mixed type is not supported",
		`{"a":[{"anything-but":[]}]}`:                        "Inside anything but list, either all values are number or string, mixed type is not supported",
		`{"a":[{"anything-but":1e10}]}`:                      "Value must be between -1000000000 and 1000000000, inclusive",
		`{"a":[{"numeric":1}]}`:                              "Value of numeric must be an array.",
		`{"a":[{"numeric":["=",1e400]}]}`:                    "Value must be between -1000000000 and 1000000000, inclusive",
		`{"a":[{"numeric":["=",1,2]}]}`:                      "Too many elements in numeric expression",
		`{"a":[{"numeric":[[],1]}]}`:                         "Invalid member in numeric match: [",
		`{"a":[{"numeric":[">",1,"<",1]}]}`:                  "Bottom must be less than top",
		`{"a":[{"numeric":[">",1,"<"]}]}`:                    "Value of < must be numeric",
		`{"a":[{"numeric":[">",null]}]}`:                     "Value of > must be numeric",
		`{"a":[{"cidr":"10.0.0.0/33"}]}`:                     "IPv4 mask bits must be < 33",
		`{"a":[{"cidr":"::/129"}]}`:                          "IPv6 mask bits must be < 129",
		`{"a":[{"cidr":"10.0.0.0/-1"}]}`:                     "Malformed CIDR, mask bits must not be negative",
		`{"a":[{"cidr":"10.0.0.0/8/"}]}`:                     "Malformed CIDR, one '/' required",
		`{"a":[{"cidr":"fe80::1%eth0/64"}]}`:                 "Nonstandard IP address: fe80::1%eth0",
		`{"$or":[{"a":["b"]}]}`:                              "There must have at least 2 Objects in $or relationship.",
		`{"$or":[]}`:                                         "There must have at least 2 Objects in $or relationship.",
		`{"$or":[{"a":["b"]},"c"]}`:                          "Only JSON object is allowed in array of $or relationship.",
		`{"$or":[{"a":["b"]},{"prefix":["c"]}]}`:             "Unrecognized match type a",
		`{"$or":[{"a":["b"]},{}]}`:                           "Empty objects are not allowed",
		`{"$or":"a"}`:                                        `"$or" must be an object or an array`,
		`{"a":["b"],"$or":[{` + keys(16) + `},{"z":["z"]}]}`: "Filter policy is too complex",
	} {
		_, err := ParseFilterPolicy(policy, MessageBody)
		if got := refusal(t, err); got != "InvalidParameter: Invalid parameter: FilterPolicy: "+want {
			t.Errorf("%s\ngot  %s\nwant %s", policy, got, want)
		}
	}
	long := `{"a":["` + strings.Repeat("x", maxPolicyText) + `"]}`
	if _, err := ParseFilterPolicy(long, MessageBody); err == nil {
		t.Error("a policy of more than 256 KB was accepted")
	}
}

// keys are n keys with one value each.
func keys(n int) string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`"k%d":["v"]`, i))
	}
	return strings.Join(list, ",")
}

// TestFilterPolicyPlace has the second line of syntax errors.
func TestFilterPolicyPlace(t *testing.T) {
	for policy, want := range map[string]string{
		`{"a":[["b"]]}`:                      "InvalidParameter: Invalid parameter: FilterPolicy: Match value must be String, number, true, false, or null\n at [Source: REDACTED; line: 1, column: 8]",
		"{\n \"a\": [\n  {\"b\": true}\n ]}": "InvalidParameter: Invalid parameter: FilterPolicy: Unrecognized match type b\n at [Source: REDACTED; line: 3, column: 4]",
		`{"a":[{"cidr":"x"}]}`:               "InvalidParameter: Invalid parameter: FilterPolicy: Malformed CIDR, one '/' required",
	} {
		if _, err := ParseFilterPolicy(policy, MessageBody); err == nil || err.Error() != want {
			t.Errorf("%s\ngot  %v\nwant %s", policy, err, want)
		}
	}
}

func TestCombinations(t *testing.T) {
	list := func(n int) string {
		return `["` + strings.Join(strings.Split(strings.Repeat("v", n), ""), `","`) + `"]`
	}
	for policy, want := range map[string]int{
		`{"a":` + list(3) + `,"b":` + list(1) + `,"c":` + list(2) + `}`:                                                                           6,
		`{"a":{"b":{"c":` + list(4) + `}},"d":{"e":` + list(3) + `}}`:                                                                             72,
		`{"s":` + list(4) + `,"$or":[{"a":` + list(6) + `},{"a":` + list(4) + `,"b":` + list(4) + `},{"a":` + list(4) + `,"c":` + list(4) + `}]}`: 0,
		`{"s":` + list(4) + `,"$or":[{"a":` + list(5) + `},{"a":` + list(4) + `,"b":` + list(4) + `},{"a":` + list(4) + `,"c":` + list(4) + `}]}`: 148,
		`{"a":` + list(150) + `}`:      150,
		`{"a":` + list(151) + `}`:      0,
		`{"a":{"b":` + list(75) + `}}`: 150,
		`{"a":{"b":` + list(76) + `}}`: 0,
	} {
		root, err := readJSON(policy)
		if err != nil {
			t.Fatal(err)
		}
		parser := policyParser{}
		tree, err := parser.root(root)
		if err != nil {
			t.Fatal(err)
		}
		got := tree.combinations()
		if want == 0 && got <= maxCombinations || want != 0 && got != want {
			t.Errorf("%.60s: %d combinations, want %d", policy, got, want)
		}
		_, err = ParseFilterPolicy(policy, MessageBody)
		if (err != nil) != (want == 0) {
			t.Errorf("%.60s: %v", policy, err)
		}
	}
}

// TestFilterBodies has what the vectors do not: mostly points that are unsure.
func TestFilterBodies(t *testing.T) {
	for _, c := range []struct {
		name, policy, body string
		want               bool
	}{
		{"two conditions in one element", `{"r":{"a":["1"],"b":["2"]}}`, `{"r":[{"a":"1","b":"2"},{"a":"3"}]}`, true},
		{"two conditions in different elements", `{"r":{"a":["1"],"b":["2"]}}`, `{"r":[{"a":"1"},{"b":"2"}]}`, false},
		{"the same by dotted keys", `{"r.a":["1"],"r.b":["2"]}`, `{"r":[{"a":"1"},{"b":"2"}]}`, false},
		{"elements of different arrays", `{"r":{"a":["1"]},"s":{"b":["2"]}}`, `{"r":[{"a":"0"},{"a":"1"}],"s":[{"b":"2"},{"b":"3"}]}`, true},
		{"inner arrays of one element", `{"r":{"a":["1"],"b":["2"]}}`, `{"r":[{"a":["0","1"],"b":["2","3"]}]}`, true},
		{"another element in the inner array", `{"r":{"x":{"a":["1"],"b":["2"]}}}`, `{"r":[{"x":[{"a":"1"},{"b":"2"}]}]}`, false},
		{"absent in all elements", `{"r":{"a":["1"],"b":[{"exists":false}]}}`, `{"r":[{"a":"1"},{"c":"2"}]}`, true},
		{"absent in the fitting element only", `{"r":{"a":["1"],"b":[{"exists":false}]}}`, `{"r":[{"a":"1"},{"b":"2"}]}`, false},
		{"an object is no value", `{"a":[{"exists":true}]}`, `{"a":{"b":1}}`, false},
		{"an object counts as absent", `{"a":[{"exists":false}]}`, `{"a":{"b":1}}`, true},
		{"an empty list counts as absent", `{"a":[{"exists":false}]}`, `{"a":[]}`, true},
		{"null does not exist", `{"a":[{"exists":true}]}`, `{"a":null}`, false},
		{"null is not absent", `{"a":[{"exists":false}]}`, `{"a":null}`, false},
		{"an empty text does not exist", `{"a":[{"exists":true}]}`, `{"a":""}`, false},
		{"a text beside null exists", `{"a":[{"exists":true}]}`, `{"a":[null,"x"]}`, true},
		{"false exists", `{"a":[{"exists":true}]}`, `{"a":false}`, true},
		{"absent in an empty body", `{"a":[{"exists":false}]}`, `{}`, true},
		{"anything-but takes other types", `{"a":[{"anything-but":["x"]}]}`, `{"a":1}`, true},
		{"anything-but of prefix takes other types", `{"a":[{"anything-but":{"prefix":"x"}}]}`, `{"a":true}`, true},
		{"anything-but of an absent key", `{"a":[{"anything-but":["x"]}]}`, `{}`, false},
		{"number beyond the bounds by spelling", `{"a":[123456789012]}`, `{"a":123456789012}`, true},
		{"number beyond the bounds, otherwise spelled", `{"a":[123456789012]}`, `{"a":123456789012.0}`, false},
		{"range and a number beyond the bounds", `{"a":[{"numeric":[">",0]}]}`, `{"a":123456789012}`, false},
		{"five digits after the point", `{"a":[{"numeric":["=",999999999.00001]}]}`, `{"a":999999999.00002}`, false},
		{"zero and minus zero", `{"a":[0]}`, `{"a":-0.0}`, true},
		{"duplicate member, last wins", `{"a":["2"]}`, `{"a":"1","a":"2"}`, true},
		{"duplicate member, first is gone", `{"a":["1"]}`, `{"a":"1","a":"2"}`, false},
		{"single address", `{"a":[{"cidr":"10.0.0.1/32"}]}`, `{"a":"10.0.0.1"}`, true},
		{"cidr of which the address is not the first", `{"a":[{"cidr":"10.0.0.9/24"}]}`, `{"a":"10.0.0.1"}`, true},
		{"$or as a key", `{"$or":["x"]}`, `{"$or":"x"}`, true},
		{"$or as a key with match values", `{"$or":[{"prefix":"x"},{"suffix":"y"}]}`, `{"$or":"ay"}`, true},
		{"$or in $or", `{"$or":[{"$or":[{"a":["1"]},{"b":["1"]}]},{"c":["1"]}]}`, `{"b":"1"}`, true},
		{"escapes", `{"\u0061":["\u00fc\n"]}`, `{"a":"ü\n"}`, true},
		{"empty key", `{"":{"":["x"]}}`, `{"":{"":"x"}}`, true},
		{"empty key, dotted", `{".":["x"]}`, `{"":{"":"x"}}`, true},
		{"letter case beyond ASCII", `{"a":[{"equals-ignore-case":"ÜBER"}]}`, `{"a":"über"}`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := ParseFilterPolicy(c.policy, MessageBody)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Decide(Message{Default: c.body}, SQS) == Accepted; got != c.want {
				t.Errorf("policy %s, body %s: %v", c.policy, c.body, got)
			}
			if got := oracleMatch(c.policy, decode(c.body).(map[string]any)); got != c.want {
				t.Errorf("policy %s, body %s: the oracle says %v", c.policy, c.body, got)
			}
		})
	}
}

func TestDecisions(t *testing.T) {
	list := map[string]Attribute{"a": {"String.Array", `["x"`}, "b": {"String", "y"}}
	for _, c := range []struct {
		name   string
		scope  Scope
		policy string
		m      Message
		want   Decision
		metric string
	}{
		{"no policy", MessageAttributes, ``, Message{}, Accepted, ""},
		{"no policy, body no JSON", MessageBody, `{}`, Message{Default: "x"}, Accepted, ""},
		{"no attributes", MessageAttributes, `{"a":["x"]}`, Message{}, FilteredNoAttributes, "NumberOfNotificationsFilteredOut-NoMessageAttributes"},
		{"no attributes, and none is wanted", MessageAttributes, `{"a":[{"exists":false}]}`, Message{}, FilteredNoAttributes, "NumberOfNotificationsFilteredOut-NoMessageAttributes"},
		{"no attributes, and none is wanted or another", MessageAttributes, `{"$or":[{"a":[{"exists":false}]},{"b":["x"]}]}`, Message{}, FilteredNoAttributes, "NumberOfNotificationsFilteredOut-NoMessageAttributes"},
		{"other attributes", MessageAttributes, `{"a":["x"]}`, Message{Attributes: map[string]Attribute{"b": {"String", "x"}}}, FilteredByAttributes, "NumberOfNotificationsFilteredOut-MessageAttributes"},
		{"broken list", MessageAttributes, `{"a":["x"]}`, Message{Attributes: list}, FilteredBadAttributes, "NumberOfNotificationsFilteredOut-InvalidAttributes"},
		{"list that is an object", MessageAttributes, `{"a":[{"exists":true}]}`, Message{Attributes: map[string]Attribute{"a": {"String.Array", "{}"}}}, FilteredBadAttributes, "NumberOfNotificationsFilteredOut-InvalidAttributes"},
		{"broken list that nobody asks for", MessageAttributes, `{"b":["y"]}`, Message{Attributes: list}, Accepted, ""},
		{"list of numbers", MessageAttributes, `{"a":[{"numeric":["=",2]}]}`, Message{Attributes: map[string]Attribute{"a": {"Number.Array", "[1,2]"}}}, Accepted, ""},
		{"labels", MessageAttributes, `{"a":[1],"b":["x"]}`, Message{Attributes: map[string]Attribute{"a": {"Number.int", "1.0"}, "b": {"String.name", "x"}}}, Accepted, ""},
		{"absent beside a binary one", MessageAttributes, `{"a":[{"exists":false}]}`, Message{Attributes: map[string]Attribute{"a": {"Binary.png", "eA=="}}}, Accepted, ""},
		{"name with a dot", MessageAttributes, `{"a.b":["x"]}`, Message{Attributes: map[string]Attribute{"a.b": {"String", "x"}}}, Accepted, ""},
		{"number that is none", MessageAttributes, `{"a":[{"numeric":[">",0]}]}`, Message{Attributes: map[string]Attribute{"a": {"Number", "0x10"}}}, FilteredByAttributes, "NumberOfNotificationsFilteredOut-MessageAttributes"},
		{"body", MessageBody, `{"a":["x"]}`, Message{Default: `{"a":"y"}`}, FilteredByBody, "NumberOfNotificationsFilteredOut-MessageBody"},
		{"body no JSON", MessageBody, `{"a":["x"]}`, Message{Default: `{"a":`}, FilteredInvalidBody, "NumberOfNotificationsFilteredOut-InvalidMessageBody"},
		{"body of the protocol", MessageBody, `{"a":["x"]}`, Message{Default: `{}`, Bodies: map[Protocol]string{SQS: `{"a":"x"}`}}, Accepted, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := ParseFilterPolicy(c.policy, c.scope)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Decide(c.m, SQS); got != c.want || got.Metric() != c.metric {
				t.Errorf("decision %s (%s), want %s", got, got.Metric(), c.want)
			}
		})
	}
}

// TestFilterCost has bodies that would take the plain matcher for ever: many
// elements, each of which satisfies all conditions but one.
func TestFilterCost(t *testing.T) {
	p, err := ParseFilterPolicy(`{"r.a":["1"],"r.b":["1"],"r.c":["1"],"r.d":["1"],"r.e":["1"]}`, MessageBody)
	if err != nil {
		t.Fatal(err)
	}
	all := []string{"a", "b", "c", "d", "e"}
	var body strings.Builder
	body.WriteString(`{"r":[{}`)
	for i := range 5000 {
		body.WriteString(",{")
		separator := ""
		for j, name := range all {
			if j != i%len(all) {
				body.WriteString(separator + `"` + name + `":"1"`)
				separator = ","
			}
		}
		body.WriteString("}")
	}
	nearly := body.String() + "]}"
	if got := p.decideBody(nearly); got != FilteredByBody {
		t.Errorf("decision %s", got)
	}
	if got := p.decideBody(body.String() + `,{"a":"1","b":"1","c":"1","d":"1","e":"1"}]}`); got != Accepted {
		t.Errorf("decision %s", got)
	}
	deep := strings.Repeat(`{"r":[`, 5000) + strings.Repeat(`]}`, 5000)
	if got := p.decideBody(deep); got != FilteredByBody {
		t.Errorf("decision %s", got)
	}
}

func BenchmarkDecide(b *testing.B) {
	const policy = `{"detail":{"eventName":[{"prefix":"Delete"},"StopLogging"],"errorCode":[{"exists":false}]},"source":["aws.cloudtrail"]}`
	const body = `{"version":"0","source":"aws.cloudtrail","detail":{"eventName":"StopLogging","userIdentity":{"type":"Root","arn":"arn:aws:iam::1:root"},"requestParameters":{"name":"audit"},"resources":[{"a":1},{"a":2}]}}`
	for _, c := range []struct {
		name, policy string
		scope        Scope
		m            Message
	}{
		{"attributes", `{"severity":["high",{"prefix":"crit"}],"score":[{"numeric":[">=",80]}]}`, MessageAttributes, Message{Attributes: map[string]Attribute{"severity": {"String", "critical"}, "score": {"Number", "81"}}}},
		{"body", policy, MessageBody, Message{Default: body}},
	} {
		p, err := ParseFilterPolicy(c.policy, c.scope)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if p.Decide(c.m, SQS) != Accepted {
					b.Fatal("not accepted")
				}
			}
		})
	}
}
