package event

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// A Notification is what a message about a bucket says: which objects are new,
// and what in it is not about a new object, with the reason.
type Notification struct {
	Objects []NotifiedObject
	Skipped []Skipped
}

// A NotifiedObject is an object that was announced. What a message does not
// tell is empty; CloudTrail's own tells the bucket and the key.
type NotifiedObject struct {
	Bucket, Key string // the key as S3 has it, not encoded
	Size        int64  // in bytes; -1 when not told
	ETag        string // without quotes
	VersionID   string // of a bucket with versioning
	Region      string // the bucket's
	// Sequencer orders the events of one key: the shorter of two is filled up
	// with zeros on the right, then the greater text is the later event.
	Sequencer string
}

// Skipped is a part of a message that announces no object.
type Skipped struct {
	Why  SkipReason
	What string // the event's or message's own name, shortened; may hold anything
}

// A SkipReason says why a part of a message announces no object.
type SkipReason uint8

const (
	// TestEvent is what S3 sends when notifications are switched on.
	TestEvent SkipReason = iota + 1
	// ValidationMessage is what CloudTrail publishes when a trail is given a topic.
	ValidationMessage
	// Confirmation is SNS asking whether a subscription is wanted, or telling that it ended.
	Confirmation
	// NotCreated is an event of S3 that brings no new content: a removal, a tag, a restore.
	NotCreated
	// Folder is an object whose key ends in a slash, which consoles show as a folder.
	Folder
	// ForeignMessage is anything else.
	ForeignMessage
)

// String is the reason in words.
func (r SkipReason) String() string {
	switch r {
	case TestEvent:
		return "test event of S3"
	case ValidationMessage:
		return "validation message of CloudTrail"
	case Confirmation:
		return "subscription message of SNS"
	case NotCreated:
		return "not the creation of an object"
	case Folder:
		return "a folder"
	case ForeignMessage:
		return "no notification of a new object"
	}
	return "SkipReason(" + strconv.Itoa(int(r)) + ")"
}

const (
	// MaxNotification is the size of the largest message that is looked into,
	// in bytes: more than SQS, SNS, EventBridge and Lambda pass on.
	MaxNotification = 8 << 20
	// maxWrappings is how many envelopes may be around a message: one of
	// Lambda's, of SQS, of SNS, of EventBridge, in any order.
	maxWrappings = 4
	// maxWhat is how much of a foreign message's name is kept, in bytes.
	maxWhat = 80
)

// ParseNotification reads a message that tells of new objects in a bucket, in
// every shape in which one reaches a queue or an endpoint:
//
//   - an event notification of S3, with its keys form-encoded;
//   - CloudTrail's own message to a trail's topic, with one key or many;
//   - an event of EventBridge, with its key as it is;
//   - each of them as it is, in the envelope of SNS, and these in the
//     envelopes that Lambda puts around what it takes from SNS and SQS.
//
// Whether the objects are log files is not looked at, see ParseKey.
//
// An error says that something announces an object, or may, and cannot be
// understood: such a message should not be taken out of its queue as done.
// What the rest of it says is returned all the same.
func ParseNotification(body []byte) (Notification, error) {
	var n Notification
	if len(body) > MaxNotification {
		return n, fmt.Errorf("notification of %d bytes, more than %d", len(body), MaxNotification)
	}
	err := n.parse(body, 0)
	if err != nil {
		err = fmt.Errorf("notification: %w", err)
	}
	return n, err
}

// skip notes a part that announces nothing.
func (n *Notification) skip(why SkipReason, what []byte) {
	what = bytes.TrimSpace(what)
	n.Skipped = append(n.Skipped, Skipped{why, strings.ToValidUTF8(string(what[:min(len(what), maxWhat)]), "")})
}

// parse reads a message, or what was in an envelope.
func (n *Notification) parse(body []byte, wrappings int) error {
	if wrappings > maxWrappings {
		return fmt.Errorf("more than %d envelopes around one another", maxWrappings)
	}
	body = bytes.TrimSpace(body)
	switch {
	case bytes.HasPrefix(body, []byte("CloudTrail validation message")):
		n.skip(ValidationMessage, body)
		return nil
	case len(body) == 0 || body[0] != '{':
		n.skip(ForeignMessage, body)
		return nil
	case !Valid(body):
		return fmt.Errorf("not valid JSON, cut perhaps: %.*q", maxWhat, body)
	}
	switch records := valueAt(body, "Records"); {
	case stringAt(body, "Event") == "s3:TestEvent":
		n.skip(TestEvent, []byte(stringAt(body, "Bucket")))
		return nil
	case valueAt(body, "s3ObjectKey").Kind != Absent:
		return n.cloudTrail(body)
	case records.Kind == Array:
		var errs []error
		eachElement(records.Raw, func(record Value) bool {
			if err := n.record(record.Raw, wrappings); err != nil {
				errs = append(errs, err)
			}
			return true
		})
		return errors.Join(errs...)
	case valueAt(body, "TopicArn").Kind == String && valueAt(body, "Type").Kind == String:
		return n.sns(body, wrappings)
	case valueAt(body, "detail-type").Kind == String:
		return n.eventBridge(body)
	}
	n.skip(ForeignMessage, body)
	return nil
}

// record reads one of Records, of S3's event or of Lambda's envelopes.
func (n *Notification) record(record []byte, wrappings int) error {
	// SNS begins its names with a capital letter, unlike the others.
	source := stringAt(record, "eventSource") + stringAt(record, "EventSource")
	switch {
	case strings.HasSuffix(source, ":s3"): // aws:s3; MinIO says minio:s3, Ceph ceph:s3
		return n.s3(record)
	case source == "aws:sns":
		return n.sns(valueAt(record, "Sns").Raw, wrappings)
	case source == "aws:sqs":
		return n.parse([]byte(stringAt(record, "body")), wrappings+1)
	}
	n.skip(ForeignMessage, []byte(source))
	return nil
}

// sns reads the envelope of SNS.
func (n *Notification) sns(envelope []byte, wrappings int) error {
	switch kind := stringAt(envelope, "Type"); kind {
	case "Notification":
		return n.parse([]byte(stringAt(envelope, "Message")), wrappings+1)
	case "SubscriptionConfirmation", "UnsubscribeConfirmation":
		n.skip(Confirmation, []byte(stringAt(envelope, "TopicArn")))
	default:
		n.skip(ForeignMessage, []byte(kind))
	}
	return nil
}

// cloudTrail reads CloudTrail's own message; its keys are not encoded.
func (n *Notification) cloudTrail(message []byte) error {
	bucket, keys := stringAt(message, "s3Bucket"), valueAt(message, "s3ObjectKey")
	add := func(key Value) error {
		return n.add(NotifiedObject{Bucket: bucket, Key: string(key.AppendText(nil)), Size: -1}, key.Kind)
	}
	if keys.Kind != Array {
		return add(keys)
	}
	var errs []error
	eachElement(keys.Raw, func(key Value) bool {
		errs = append(errs, add(key))
		return true
	})
	return errors.Join(errs...)
}

// s3 reads a record of an event notification of S3.
func (n *Notification) s3(record []byte) error {
	name := stringAt(record, "eventName")
	if !strings.HasPrefix(strings.TrimPrefix(name, "s3:"), "ObjectCreated:") {
		n.skip(NotCreated, []byte(name))
		return nil
	}
	object := valueAt(record, "s3", "object").Raw
	encoded := valueAt(object, "key")
	key, err := url.QueryUnescape(string(encoded.AppendText(nil)))
	if err != nil {
		return fmt.Errorf("key of an object that S3 announced: %w", err)
	}
	return n.add(NotifiedObject{
		Bucket: stringAt(record, "s3", "bucket", "name"), Key: key, Size: size(valueAt(object, "size")),
		ETag: strings.Trim(stringAt(object, "eTag"), `"`), VersionID: stringAt(object, "versionId"),
		Region: stringAt(record, "awsRegion"), Sequencer: stringAt(object, "sequencer"),
	}, encoded.Kind)
}

// eventBridge reads an event of EventBridge.
func (n *Notification) eventBridge(event []byte) error {
	what := stringAt(event, "detail-type")
	switch {
	case stringAt(event, "source") != "aws.s3":
		n.skip(ForeignMessage, []byte(what))
		return nil
	case what != "Object Created":
		n.skip(NotCreated, []byte(what))
		return nil
	}
	object := valueAt(event, "detail", "object").Raw
	return n.add(NotifiedObject{
		Bucket: stringAt(event, "detail", "bucket", "name"), Key: stringAt(object, "key"), Size: size(valueAt(object, "size")),
		ETag: strings.Trim(stringAt(object, "etag"), `"`), VersionID: stringAt(object, "version-id"),
		Region: stringAt(event, "region"), Sequencer: stringAt(object, "sequencer"),
	}, valueAt(object, "key").Kind)
}

// add takes an object that was announced, whose key was of the given kind.
func (n *Notification) add(o NotifiedObject, key Kind) error {
	switch {
	case o.Bucket == "":
		return fmt.Errorf("an object is announced without its bucket: %.*q", maxWhat, o.Key)
	case key != String || o.Key == "":
		return fmt.Errorf("an object in the bucket %.*q is announced without its key", maxWhat, o.Bucket)
	case strings.HasSuffix(o.Key, "/"):
		n.skip(Folder, []byte(o.Key))
	default:
		n.Objects = append(n.Objects, o)
	}
	return nil
}

// valueAt is the value under the names in an object, Absent when there is none.
func valueAt(object []byte, names ...string) (found Value) {
	Find(object, Members(names...), func(v Value) bool {
		found = v
		return true
	})
	return found
}

// stringAt is what a string under the names stands for, "" when it is no string.
func stringAt(object []byte, names ...string) string {
	v := valueAt(object, names...)
	if v.Kind != String {
		return ""
	}
	return string(v.AppendText(nil))
}

// size reads a number of bytes, -1 when it is none.
func size(v Value) int64 {
	n, err := strconv.ParseInt(string(v.Raw), 10, 64)
	if v.Kind != Number || err != nil || n < 0 {
		return -1
	}
	return n
}
