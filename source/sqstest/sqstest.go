// Package sqstest is a queue over real HTTP that speaks SQS's JSON protocol, as
// far as a receiver needs it, for tests. It forgets nothing that SQS would not:
// messages come again when they were not deleted in time, and go to the dead
// letters after as many receives as were asked for. Calls can be made to fail,
// with and without having been done.
package sqstest

import (
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"tocsin/internal/sdkhttp"
)

// Options are those of a Server.
type Options struct {
	// Now is the queue's clock; time.Now by default.
	Now func() time.Time
	// Visibility is how long a message is hidden when its receiver does not say; 30 s
	// by default, as on AWS.
	Visibility time.Duration
	// Longest bounds that, whatever a receiver says, for tests with receivers that
	// are killed; 0 is no bound.
	Longest time.Duration
	// MaxReceives is after how many receives a message becomes a dead letter; 0: never.
	MaxReceives int
}

// A Fault is how a call fails.
type Fault struct {
	// Applied says that the call is done all the same.
	Applied bool
	// Status and Code are the answer; without a status the connection breaks.
	Status int
	Code   string
	// Entries makes only the entries of a batch fail, with Code.
	Entries bool
}

// A Server is one queue.
type Server struct {
	// URL is the queue's.
	URL  string
	http *httptest.Server
	o    Options

	mu       sync.Mutex
	changed  chan struct{} // closed when a message comes or shows; guarded by mu
	messages []*message    // guarded by mu
	dead     []string      // guarded by mu
	faults   map[string][]Fault
	calls    map[string]int
	sent     int
}

type message struct {
	id, body string
	receives int
	shows    time.Time
}

// New starts a queue; Close ends it.
func New(o Options) *Server {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Visibility == 0 {
		o.Visibility = 30 * time.Second
	}
	s := &Server{o: o, changed: make(chan struct{}), faults: map[string][]Fault{}, calls: map[string]int{}}
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL + "/123456789012/queue"
	return s
}

// bounded is how long a message is hidden.
func (s *Server) bounded(asked time.Duration) time.Duration {
	if s.o.Longest > 0 {
		return min(asked, s.o.Longest)
	}
	return asked
}

// Close ends the queue, whoever waits for it.
func (s *Server) Close() {
	s.http.CloseClientConnections()
	s.http.Close()
}

// Client is a client of the real SDK, which does not try again by itself.
func (s *Server) Client() *sqs.Client {
	return sqs.New(sqs.Options{
		Region: "eu-west-1", BaseEndpoint: &s.http.URL, Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		Retryer: aws.NopRetryer{}, HTTPClient: sdkhttp.Client(s.http.Client()),
	})
}

// Send puts a message into the queue.
func (s *Server) Send(body string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
	s.messages = append(s.messages, &message{id: "message-" + strconv.Itoa(s.sent), body: body})
	s.tell()
}

// Fail makes the next calls of an operation, such as DeleteMessageBatch, fail, each
// with one of the faults.
func (s *Server) Fail(operation string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[operation] = append(s.faults[operation], faults...)
}

// Calls is how often an operation was called.
func (s *Server) Calls(operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls[operation]
}

// Messages is how many messages show and how many are hidden.
func (s *Server) Messages() (showing, hidden int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.messages {
		if s.shows(m) {
			showing++
		} else {
			hidden++
		}
	}
	return showing, hidden
}

// DeadLetters are the messages that were received too often.
func (s *Server) DeadLetters() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.dead...)
}

// shows is called with mu held.
func (s *Server) shows(m *message) bool { return !s.o.Now().Before(m.shows) }

// tell wakes those who wait; it is called with mu held.
func (s *Server) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// ServeHTTP is the service.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), "AmazonSQS.")
	// To its end: only then the server notices when the client goes away.
	body, err := io.ReadAll(r.Body)
	var in request
	if err != nil || json.Unmarshal(body, &in) != nil {
		fail(w, http.StatusBadRequest, "InvalidRequest")
		return
	}
	if !strings.HasSuffix(s.URL, strings.TrimPrefix(in.QueueURL, s.http.URL)) || in.QueueURL == "" {
		fail(w, http.StatusBadRequest, "QueueDoesNotExist")
		return
	}
	fault, failing := s.called(operation)
	if failing && !fault.Applied && !fault.Entries {
		answer(w, fault)
		return
	}
	var out any
	switch operation {
	case "ReceiveMessage":
		out = s.receive(r, in)
	case "DeleteMessageBatch":
		out = s.each(in, fault, s.remove)
	case "ChangeMessageVisibilityBatch":
		out = s.each(in, fault, s.hide)
	case "GetQueueAttributes":
		showing, hidden := s.Messages()
		out = map[string]any{"Attributes": map[string]string{
			"ApproximateNumberOfMessages": strconv.Itoa(showing), "ApproximateNumberOfMessagesNotVisible": strconv.Itoa(hidden),
		}}
	default:
		fail(w, http.StatusBadRequest, "InvalidAction")
		return
	}
	if failing && !fault.Entries {
		answer(w, fault)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(out) // the client is gone
}

// called counts a call, and says how it is to fail, if it is.
func (s *Server) called(operation string) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[operation]++
	faults := s.faults[operation]
	if len(faults) == 0 {
		return Fault{}, false
	}
	s.faults[operation] = faults[1:]
	return faults[0], true
}

func answer(w http.ResponseWriter, f Fault) {
	if f.Status == 0 {
		panic(http.ErrAbortHandler)
	}
	fail(w, f.Status, f.Code)
}

func fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"__type":"com.amazonaws.sqs#%s","message":"for the test"}`, code)
}

// A request is that of any operation.
type request struct {
	QueueURL            string `json:"QueueUrl"`
	MaxNumberOfMessages int
	WaitTimeSeconds     int
	VisibilityTimeout   *int
	Entries             []entry
}

type entry struct {
	ID                string `json:"Id"`
	ReceiptHandle     string
	VisibilityTimeout int
}

// receive gives messages, as soon as there are some.
func (s *Server) receive(r *http.Request, in request) any {
	wait := time.NewTimer(time.Duration(in.WaitTimeSeconds) * time.Second)
	defer wait.Stop()
	for {
		if r.Context().Err() != nil {
			return nil
		}
		found, changed := s.take(in)
		if len(found) > 0 || in.WaitTimeSeconds == 0 {
			return map[string]any{"Messages": found}
		}
		select {
		case <-changed:
		case <-wait.C:
			in.WaitTimeSeconds = 0
		case <-r.Context().Done():
			return nil
		}
	}
}

func (s *Server) take(in request) (found []any, changed chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hidden := s.o.Visibility
	if in.VisibilityTimeout != nil {
		hidden = time.Duration(*in.VisibilityTimeout) * time.Second
	}
	var rest []*message
	for _, m := range s.messages {
		if s.shows(m) && s.o.MaxReceives > 0 && m.receives >= s.o.MaxReceives {
			s.dead = append(s.dead, m.body)
			continue
		}
		rest = append(rest, m)
		if !s.shows(m) || len(found) >= max(in.MaxNumberOfMessages, 1) {
			continue
		}
		m.receives++
		m.shows = s.o.Now().Add(s.bounded(hidden))
		sum := md5.Sum([]byte(m.body))
		found = append(found, map[string]any{
			"MessageId": m.id, "ReceiptHandle": m.handle(), "Body": m.body, "MD5OfBody": hex.EncodeToString(sum[:]),
			"Attributes": map[string]string{"ApproximateReceiveCount": strconv.Itoa(m.receives)},
		})
	}
	s.messages = rest
	return found, s.changed
}

// handle is good until the message is received again.
func (m *message) handle() string { return m.id + "#" + strconv.Itoa(m.receives) }

// each does the entries of a batch, and tells of each how it went.
func (s *Server) each(in request, f Fault, do func(entry) (code string)) any {
	s.mu.Lock()
	defer s.mu.Unlock()
	done, failed := []any{}, []any{}
	for _, e := range in.Entries {
		code := ""
		if !f.Entries || f.Applied {
			code = do(e)
		}
		if f.Entries {
			failed = append(failed, map[string]any{"Id": e.ID, "Code": f.Code, "SenderFault": f.Status/100 == 4})
		} else if code != "" {
			failed = append(failed, map[string]any{"Id": e.ID, "Code": code, "SenderFault": true})
		} else {
			done = append(done, map[string]any{"Id": e.ID})
		}
	}
	return map[string]any{"Successful": done, "Failed": failed}
}

// remove deletes a message. SQS says nothing of one that is gone, or of a receipt
// that is no longer good, and does nothing then.
func (s *Server) remove(e entry) string {
	for i, m := range s.messages {
		if m.handle() == e.ReceiptHandle {
			s.messages = append(s.messages[:i:i], s.messages[i+1:]...)
			break
		}
	}
	return ""
}

func (s *Server) hide(e entry) string {
	for _, m := range s.messages {
		if m.handle() != e.ReceiptHandle {
			continue
		}
		if s.shows(m) {
			return "MessageNotInflight"
		}
		m.shows = s.o.Now().Add(s.bounded(time.Duration(e.VisibilityTimeout) * time.Second))
		if s.shows(m) {
			s.tell()
		}
		return ""
	}
	return "ReceiptHandleIsInvalid"
}
