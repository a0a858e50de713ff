package wire

// A Model is what has to be known of a service beyond its Go types.
type Model struct {
	Name        string // as tocsin calls it: "cloudwatch"
	SigningName string // in a signature's scope: "monitoring"
	// Shape is Smithy's name of the service, in X-Amz-Target and in the path of CBOR.
	Shape string
	// Version and Namespace are Query's: Version of requests, and the XML namespace of answers.
	Version, Namespace string

	JSON, Query, CBOR bool // what it speaks

	// LowerNames says that names on the wire begin with a small letter. They
	// are the names of the Go fields otherwise.
	LowerNames bool
	// Names holds the exceptions: "Type.Field" to the name on the wire.
	Names map[string]string
	// Entries holds the maps whose keys and values Query does not call "key" and
	// "value", by the "Type.Field" that holds them.
	Entries map[string]Entry
	// Unions holds a pointer to each member type of each union, since reflection finds
	// no types that implement an interface.
	Unions []any
	// Errors holds what differs from the rule that a sender's error is 400 and
	// a receiver's is 500, and has one name everywhere; by the modelled code.
	Errors map[string]ErrorForm
}

// An Entry names key and value of a map.
type Entry struct{ Key, Value string }

var plainEntry = Entry{"key", "value"}

// An ErrorForm is how an error goes out in Query, and in the other protocols
// to clients that ask for Query's codes by the header X-Amzn-Query-Mode.
type ErrorForm struct {
	Status int
	Code   string // "" stands for the modelled one
}
