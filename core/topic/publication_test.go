package topic

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func ptr[T any](v T) *T { return &v }

func text1(s string) AttributeValue {
	return AttributeValue{DataType: ptr("String"), StringValue: &s}
}

func TestPublication(t *testing.T) {
	p := Publication{
		TopicARN: testTopic,
		Message:  `{"default":"d","email":"e","sqs":1,"slack":"s","default":"d2"}`, MessageStructure: "json",
		Subject: ptr("s"),
		Attributes: map[string]AttributeValue{
			"s": text1("v"),
			"n": {DataType: ptr("Number.int"), StringValue: ptr("1.50")},
			"l": {DataType: ptr("String.Array"), StringValue: ptr(`["a",1]`)},
			"b": {DataType: ptr("Binary"), BinaryValue: []byte("hello")},
		},
		GroupID: "g",
	}
	got, err := p.Check("id", testTime)
	want := Message{
		ID: "id", TopicARN: testTopic, Subject: "s", Default: "d2",
		Bodies: map[Protocol]string{Email: "e", "slack": "s"},
		Attributes: map[string]Attribute{
			"s": {"String", "v"}, "n": {"Number.int", "1.50"}, "l": {"String.Array", `["a",1]`}, "b": {"Binary", "aGVsbG8="},
		},
		GroupID: "g", Published: testTime,
	}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	for protocol, want := range map[Protocol]string{Email: "e", EmailJSON: "d2", SQS: "d2", "slack": "s"} {
		if got := got.Body(protocol); got != want {
			t.Errorf("body for %s is %q, want %q", protocol, got, want)
		}
	}
}

func TestPublicationRefused(t *testing.T) {
	const missingType = "ValidationError: 1 validation error detected: Value null at 'messageAttributes.a.member.dataType' failed to satisfy constraint: Member must not be null"
	attribute := func(name string, v AttributeValue) Publication {
		return Publication{Message: "m", Attributes: map[string]AttributeValue{name: v}}
	}
	subject := func(s string) Publication { return Publication{Message: "m", Subject: &s} }
	structure := func(s string) Publication { return Publication{Message: s, MessageStructure: "json"} }
	for _, c := range []struct {
		name string
		p    Publication
		want string // "" accepted
	}{
		{"plain", Publication{Message: "m"}, ""},
		{"no message", Publication{}, "InvalidParameter: Invalid parameter: Empty message"},
		{"longest", Publication{Message: strings.Repeat("m", 262_144)}, ""},
		{"too long", Publication{Message: strings.Repeat("m", 262_145)}, "InvalidParameter: Invalid parameter: Message too long"},
		{"too long in bytes", Publication{Message: strings.Repeat("ü", 131_073)}, "InvalidParameter: Invalid parameter: Message too long"},
		{"longest with attribute", Publication{Message: strings.Repeat("m", 262_144-8), Attributes: map[string]AttributeValue{"a": text1("v")}}, ""},
		{"too long with attribute", Publication{Message: strings.Repeat("m", 262_144-7), Attributes: map[string]AttributeValue{"a": text1("v")}}, "InvalidParameter: Invalid parameter: Message too long"},
		{"no UTF-8", Publication{Message: "\xff"}, "InvalidParameter: Invalid parameter: Message Reason: the text is not UTF-8"},
		{
			"deduplication",
			Publication{Message: "m", DeduplicationID: "d"},
			"InvalidParameter: Invalid parameter: MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
		},
		{"empty subject", subject(""), "InvalidParameter: Invalid parameter: Subject"},
		{"subject of 100", subject(strings.Repeat("s", 100)), ""},
		{"subject of 101", subject(strings.Repeat("s", 101)), "InvalidParameter: Invalid parameter: Subject"},
		{"subject with a line break", subject("a\nb"), "InvalidParameter: Invalid parameter: Subject"},
		{"subject not ASCII", subject("Größer \U0001f514"), ""},
		{"subject of 100 that are not ASCII", subject(strings.Repeat("ü", 100)), ""},
		{"subject of 101 that are not ASCII", subject(strings.Repeat("ü", 101)), "InvalidParameter: Invalid parameter: Subject"},
		{"subject not UTF-8", subject("a\xff"), "InvalidParameter: Invalid parameter: Subject"},
		{"subject with a control character", subject("a\x7f"), "InvalidParameter: Invalid parameter: Subject"},
		{"subject with a next line", subject("a\u0085b"), "InvalidParameter: Invalid parameter: Subject"},
		{"subject with a line separator", subject("a\u2028b"), "InvalidParameter: Invalid parameter: Subject"},
		{"subject begins with a blank", subject(" a"), "InvalidParameter: Invalid parameter: Subject"},
		{"subject begins with punctuation", subject("!a b"), ""},
		{"structure without default", structure(`{"email":"e"}`), "InvalidParameter: Invalid parameter: Message Structure - No default entry in JSON message body"},
		{"structure with a default that is no text", structure(`{"default":{"a":1}}`), "InvalidParameter: Invalid parameter: Message Structure - No default entry in JSON message body"},
		{"structure that is no JSON", structure(`default`), "InvalidParameter: Invalid parameter: Message Structure - JSON message body failed to parse"},
		{"structure that is no object", structure(`["default"]`), "InvalidParameter: Invalid parameter: Message Structure - JSON message body failed to parse"},
		{"unknown structure", Publication{Message: "m", MessageStructure: "xml"}, "InvalidParameter: Invalid parameter: MessageStructure"},

		{"attribute without value", attribute("a", AttributeValue{DataType: ptr("String")}), "ParameterValueInvalid: The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'."},
		{"empty attribute", attribute("a", text1("")), "ParameterValueInvalid: The message attribute 'a' must contain non-empty message attribute value for message attribute type 'String'."},
		{"empty binary", attribute("a", AttributeValue{DataType: ptr("Binary"), BinaryValue: []byte{}}), "ParameterValueInvalid: The message attribute 'a' must contain non-empty message attribute value for message attribute type 'Binary'."},
		{"text for binary", attribute("a", AttributeValue{DataType: ptr("Binary.x"), StringValue: ptr("v")}), "ParameterValueInvalid: The message attribute 'a' with type 'Binary.x' must use field 'Binary'."},
		{"binary for number", attribute("a", AttributeValue{DataType: ptr("Number"), BinaryValue: []byte{1}}), "ParameterValueInvalid: The message attribute 'a' with type 'Number' must use field 'String'."},
		{"unknown type", attribute("a", AttributeValue{DataType: ptr("Strings"), StringValue: ptr("v")}), "ParameterValueInvalid: The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."},
		{"label with a blank", attribute("a", AttributeValue{DataType: ptr("String.a b"), StringValue: ptr("v")}), "ParameterValueInvalid: The message attribute 'a' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."},
		{"no type", attribute("a", AttributeValue{StringValue: ptr("v")}), missingType},
		{"value no UTF-8", attribute("a", text1("\xff")), "ParameterValueInvalid: The message attribute 'a' has a value that is not UTF-8."},
		{"longest name", attribute(strings.Repeat("n", 255), text1("v")), ""},
		{"name too long", attribute(strings.Repeat("n", 256), text1("v")), "ParameterValueInvalid: Length of message attribute name must be less than 256 bytes."},
		{"name of all characters", attribute("aZ0_-.b", text1("v")), ""},
		{"name with a caret", attribute("a^b", text1("v")), "ParameterValueInvalid: Invalid non-alphanumeric character '#x5E' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots."},
		{"name with an umlaut", attribute("ü", text1("v")), "ParameterValueInvalid: Invalid non-alphanumeric character '#xFC' was found in the message attribute name. Can only include alphanumeric characters, hyphens, underscores, or dots."},
		{"empty name", attribute("", text1("v")), "ParameterValueInvalid: Message attribute name must not be empty."},
		{"leading dot", attribute(".a", text1("v")), "ParameterValueInvalid: Invalid message attribute name starting with character '.' was found."},
		{"trailing dot", attribute("a.", text1("v")), "ParameterValueInvalid: Invalid message attribute name ending with character '.' was found."},
		{"two dots", attribute("a..b", text1("v")), "ParameterValueInvalid: Message attribute name can not have successive '.' character."},
		{
			"first name in order decides",
			Publication{Message: "m", Attributes: map[string]AttributeValue{"a": {StringValue: ptr("v")}, "b..c": text1("v")}},
			missingType,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.p.Check("id", testTime)
			if got := refusal(t, err); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestBatch(t *testing.T) {
	entry := func(id, message string) BatchEntry { return BatchEntry{id, Publication{Message: message}} }
	many := func(n int) (entries []BatchEntry) {
		for i := range n {
			entries = append(entries, entry(strings.Repeat("i", i+1), "m"))
		}
		return entries
	}
	half := strings.Repeat("m", 131_072)
	untyped := entry("b", "m")
	untyped.Attributes = map[string]AttributeValue{"a": {StringValue: ptr("v")}}
	for _, c := range []struct {
		name    string
		entries []BatchEntry
		want    string
	}{
		{"ten", many(10), ""},
		{"none", nil, "EmptyBatchRequest: The batch request doesn't contain any entries."},
		{"eleven", many(11), "TooManyEntriesInBatchRequest: The batch request contains more entries than permissible."},
		{"largest", []BatchEntry{entry("a", half), entry("b", half)}, ""},
		{"too large", []BatchEntry{entry("a", half), entry("b", half+"m")}, "BatchRequestTooLong: The length of all the messages put together is more than the limit."},
		{"same id", []BatchEntry{entry("a", "m"), entry("a", "m")}, "BatchEntryIdsNotDistinct: Two or more batch entries in the request have the same Id."},
		{"bad id", []BatchEntry{entry("a.b", "m")}, "InvalidBatchEntryId: The Id of a batch entry in the batch request contains an impermissible character: a.b"},
		{"id of 80", []BatchEntry{entry(strings.Repeat("i", 80), "m")}, ""},
		{"id of 81", []BatchEntry{entry(strings.Repeat("i", 81), "m")}, "InvalidBatchEntryId: The Id of a batch entry in the batch request is too long: " + strings.Repeat("i", 81)},
		{"entry refused", []BatchEntry{entry("a", "m"), entry("b", "")}, "InvalidParameter: Invalid parameter: Empty message"},
		{
			"attribute without type",
			[]BatchEntry{entry("a", "m"), untyped},
			"ValidationError: 1 validation error detected: Value null at 'publishBatchRequestEntries.2.member.messageAttributes.a.member.dataType' failed to satisfy constraint: Member must not be null",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := 0
			messages, err := CheckBatch(c.entries, func() string { n++; return strings.Repeat("x", n) }, testTime)
			if got := refusal(t, err); got != c.want {
				t.Fatalf("got  %s\nwant %s", got, c.want)
			}
			for i, m := range messages {
				if m.ID != strings.Repeat("x", i+1) || m.Default != c.entries[i].Message {
					t.Errorf("message %d: %+v", i, m)
				}
			}
			if err == nil && len(messages) != len(c.entries) {
				t.Errorf("%d messages", len(messages))
			}
		})
	}
}

// FuzzPublication checks that what is accepted reaches a subscriber unchanged.
func FuzzPublication(f *testing.F) {
	f.Add("m", "s", "name", "String", "value", []byte(nil))
	f.Add(`{"default":"d","sqs":"q"}`, "", "a.b", "Number.x", "1e5", []byte(nil))
	f.Add("\x00\x1f\x7f\u2028\u00fc\U0001F514\"\\", "!", "b", "Binary", "", []byte{0, 255})
	f.Add("m", "s", "l", "String.Array", `["a",1,null]`, []byte(nil))
	f.Fuzz(func(t *testing.T, message, subject, name, dataType, value string, bytes []byte) {
		p := Publication{Message: message, Attributes: map[string]AttributeValue{name: {DataType: &dataType, StringValue: &value, BinaryValue: bytes}}}
		if subject != "" {
			p.Subject = &subject
		}
		for _, structure := range []string{"", "json"} {
			p.MessageStructure = structure
			m, err := p.Check("id", testTime)
			if err != nil {
				checkRefusal(t, err)
				continue
			}
			d := m.Notification(SQS, testSubscription, testSite)
			got, err := ParseDocument(d.JSON())
			if err != nil {
				t.Fatalf("%v\n%s", err, d.JSON())
			}
			if diff := cmp.Diff(d, got); diff != "" {
				t.Errorf("-sent +received:\n%s", diff)
			}
			a := m.Attributes[name]
			if b, err := a.Bytes(); err != nil || a.base() == "Binary" && string(b) != string(bytes) || a.base() != "Binary" && a.Value != value {
				t.Errorf("attribute %+v, %v", a, err)
			}
		}
	})
}
