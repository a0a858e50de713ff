package event

// A Kind is what a JSON value is. Absent is not null: CloudWatch Logs keeps the
// two apart, and so does everything here.
type Kind uint8

const (
	Absent Kind = iota // no such member, or no such element
	Null
	False
	True
	Number
	String
	Object
	Array
)

// A Value is a JSON value as it stands in a record. It is not decoded: Raw
// aliases the record's bytes and is valid only as long as they are.
type Value struct {
	// Raw is the value's text; of a String, the text between its quotes.
	Raw  []byte
	Kind Kind
	// Escaped says that Raw, of a String, holds a backslash, so that it is not
	// yet the text that it stands for; see AppendText.
	Escaped bool
}
