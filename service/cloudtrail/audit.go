package cloudtrail

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/uuid"

	"tocsin/core/event"
	"tocsin/service"
	"tocsin/store/state"
)

// The bounds of PutAuditEvents [CloudTrail Data API Reference].
const (
	maxAuditEvents = 100
	maxAuditBody   = 1 << 20
	maxAuditID     = 128
)

// AuditOptions is what the handler of PutAuditEvents is made of. Admit is needed.
type AuditOptions struct {
	// Admit tells who calls, as the context's service.Caller, by the signature for
	// cloudtrail-data. It may read the body.
	Admit func(*http.Request) (context.Context, error)
	// Permit decides what the caller may do; nil allows all.
	Permit func(context.Context, []service.Need) error
}

// AuditEvents is cloudtrail-data: POST /PutAuditEvents?channelArn=... takes events
// from outside AWS. They are in the operator's log group when the answer goes out,
// under ids made of what their sender calls them, so that a repeat is one.
func (s *Service) AuditEvents(o AuditOptions) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requestID := s.o.NewID()
		w.Header().Set("X-Amzn-RequestId", requestID)
		ctx, answer, err := s.auditCall(r, o)
		record := service.Record{
			Caller: service.CallerOf(ctx), Source: "cloudtrail-data.amazonaws.com", Name: "PutAuditEvents", Data: true,
			Request: map[string]string{"channelArn": cut(r.URL.Query().Get("channelArn"))},
		}
		record.ErrorCode, record.ErrorText = failure(err)
		if record.Caller.RequestID == "" {
			record.Caller.RequestID = requestID
		}
		if err := s.Record(ctx, record); err != nil {
			s.o.Log.Error("a call could not be recorded", "operation", record.Name, "error", err)
		}
		s.answerAudit(w, answer, err)
	})
}

type auditAnswer struct {
	Failed     []auditFailure `json:"failed"`
	Successful []auditSuccess `json:"successful"`
}

type auditFailure struct {
	ID      string `json:"id"`
	Code    string `json:"errorCode"`
	Message string `json:"errorMessage"`
}

type auditSuccess struct {
	ID      string `json:"id"`
	EventID string `json:"eventID"`
}

func (s *Service) answerAudit(w http.ResponseWriter, answer *auditAnswer, err error) {
	status, body := http.StatusOK, any(answer)
	if err != nil {
		status = http.StatusBadRequest
		code, message := failure(err)
		switch code {
		case "InternalFailure":
			status = http.StatusInternalServerError
			s.o.Log.Error("request failed", "service", "cloudtrail-data", "error", err)
		case accessDenied:
			status, code = http.StatusForbidden, "AccessDeniedException"
		}
		w.Header().Set("X-Amzn-ErrorType", code)
		body = map[string]string{"message": message}
	}
	// Texts always have a JSON form.
	text, _ := json.Marshal(body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// Who has gone away does not hear it.
	_, _ = w.Write(text)
}

func auditError(code, format string, args ...any) error {
	return &smithy.GenericAPIError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// auditCall does a call.
func (s *Service) auditCall(r *http.Request, o AuditOptions) (context.Context, *auditAnswer, error) {
	ctx, err := o.Admit(r)
	if err != nil {
		return r.Context(), nil, err
	}
	if r.Method != http.MethodPost || r.URL.Path != "/PutAuditEvents" {
		return ctx, nil, auditError("UnknownOperationException", "")
	}
	arn := r.URL.Query().Get("channelArn")
	if a, ok := parseARN(arn); !ok || a.kind != "channel" {
		return ctx, nil, auditError("InvalidChannelARN", "The channel ARN %.200q is not valid.", arn)
	}
	if o.Permit != nil {
		needs, err := service.Tagged(ctx, s.o.State, []service.Need{{Action: "cloudtrail-data:PutAuditEvents", Resource: arn}})
		if err != nil {
			return ctx, nil, err
		}
		if err := o.Permit(ctx, needs); err != nil {
			return ctx, nil, err
		}
	}
	in := service.CallerOf(ctx).Scope
	var channel state.Resource[Channel]
	err = s.o.State.View(ctx, func(tx *state.Tx) (err error) {
		channel, err = findChannel(ctx, tx, in, arn)
		return err
	})
	switch {
	case codeOf(err) == "ChannelNotFoundException" || err == nil && channel.Account != in.Account:
		return ctx, nil, auditError("ChannelNotFound", "The channel %.200s was not found.", arn)
	case err != nil:
		return ctx, nil, err
	}
	var body struct {
		Events []auditEvent `json:"auditEvents"`
	}
	text, err := io.ReadAll(io.LimitReader(r.Body, maxAuditBody+1))
	switch {
	case err != nil || json.Unmarshal(text, &body) != nil && len(text) <= maxAuditBody:
		return ctx, nil, auditError("SerializationException", "The body is not the JSON of PutAuditEvents.")
	case len(text) > maxAuditBody:
		return ctx, nil, auditError("RequestEntityTooLargeException", "The request must be smaller than %d bytes.", maxAuditBody)
	case len(body.Events) < 1 || len(body.Events) > maxAuditEvents:
		return ctx, nil, auditError("ValidationException", "auditEvents has 1 to %d events, not %d.", maxAuditEvents, len(body.Events))
	}
	answer, err := s.takeAudit(ctx, channel, body.Events)
	return ctx, answer, err
}

// An auditEvent is one of a request; Data is JSON.
type auditEvent struct {
	ID       string `json:"id"`
	Data     string `json:"eventData"`
	Checksum string `json:"eventDataChecksum"`
}

// takeAudit stores the events that are right, and tells of each.
func (s *Service) takeAudit(ctx context.Context, c state.Resource[Channel], all []auditEvent) (*auditAnswer, error) {
	answer := &auditAnswer{Failed: []auditFailure{}, Successful: []auditSuccess{}}
	now := s.o.Now()
	seen := map[string]bool{}
	var fresh []LogEvent
	for _, e := range all {
		if seen[e.ID] {
			return nil, auditError("DuplicatedAuditEventId", "The id %.128q is given twice.", e.ID)
		}
		seen[e.ID] = true
		made, id, failed := auditRecord(c, e, now)
		if failed != nil {
			answer.Failed = append(answer.Failed, *failed)
			continue
		}
		fresh = append(fresh, made)
		answer.Successful = append(answer.Successful, auditSuccess{e.ID, id})
	}
	group := s.o.Group()
	if len(fresh) == 0 {
		return answer, nil
	}
	if group == 0 || s.o.Put == nil {
		return nil, errors.New("there is no log group for events of channels")
	}
	if err := s.o.Put(ctx, group, c.Account+"_CloudTrail-Channel_"+c.Region, fresh); err != nil {
		return nil, fmt.Errorf("put events of a channel: %w", err)
	}
	return answer, s.o.State.Update(ctx, func(tx *state.Tx) error {
		_, err := Channels.Change(ctx, tx, c.Scope, c.Name, func(c *Channel) error {
			c.Ingested = now
			return nil
		})
		if errors.Is(err, state.ErrNotFound) || errors.Is(err, state.ErrChanged) {
			return nil // it was deleted, or others put into it at the same time
		}
		return err
	})
}

// auditRecord is an event as CloudTrail stores one of a channel, or what is wrong
// with it [CloudTrail User Guide, integration event schema].
func auditRecord(c state.Resource[Channel], e auditEvent, now time.Time) (LogEvent, string, *auditFailure) {
	fail := func(code, format string, args ...any) (LogEvent, string, *auditFailure) {
		return LogEvent{}, "", &auditFailure{e.ID, code, fmt.Sprintf(format, args...)}
	}
	if e.ID == "" || len(e.ID) > maxAuditID {
		return fail("InvalidData", "id has 1 to %d characters.", maxAuditID)
	}
	if e.Checksum != "" {
		if sum := sha256.Sum256([]byte(e.Data)); base64.StdEncoding.EncodeToString(sum[:]) != e.Checksum {
			return fail("InvalidChecksum", "eventDataChecksum is not the Base64-SHA256 of eventData.")
		}
	}
	var about struct {
		Version      string          `json:"version"`
		UID          string          `json:"UID"`
		EventTime    string          `json:"eventTime"`
		EventName    string          `json:"eventName"`
		EventSource  string          `json:"eventSource"`
		Recipient    string          `json:"recipientAccountId"`
		UserIdentity json.RawMessage `json:"userIdentity"`
	}
	if err := json.Unmarshal([]byte(e.Data), &about); err != nil {
		return fail("InvalidData", "eventData is not the JSON of an event: %v", err)
	}
	for _, m := range []struct{ name, v string }{
		{"version", about.Version},
		{"UID", about.UID},
		{"eventTime", about.EventTime},
		{"eventName", about.EventName},
		{"eventSource", about.EventSource},
		{"userIdentity", string(about.UserIdentity)},
	} {
		if m.v == "" {
			return fail("FieldNotFound", "eventData has no %s.", m.name)
		}
		if len(m.v) > maxText && m.name != "userIdentity" {
			return fail("FieldTooLong", "%s has more than %d characters.", m.name, maxText)
		}
	}
	at, err := time.Parse(time.RFC3339, about.EventTime)
	if err != nil {
		return fail("InvalidData", "eventTime %q is not of the form 2006-01-02T15:04:05Z.", about.EventTime)
	}
	if about.Recipient != "" && about.Recipient != c.Account {
		return fail("InvalidRecipient", "recipientAccountId is not the account of the channel.")
	}
	if strings.HasSuffix(about.EventSource, ".amazonaws.com") {
		return fail("InvalidEventSource", "eventSource %q is AWS's own.", about.EventSource)
	}
	arn := channelARN(c)
	id := uuid.NewSHA1(uuid.NameSpaceURL, []byte(arn+"\n"+about.UID)).String()
	message, err := json.Marshal(struct {
		EventVersion string          `json:"eventVersion"`
		Category     string          `json:"eventCategory"`
		Type         string          `json:"eventType"`
		ID           string          `json:"eventID"`
		Time         string          `json:"eventTime"`
		Region       string          `json:"awsRegion"`
		Recipient    string          `json:"recipientAccountId"`
		Metadata     any             `json:"metadata"`
		Data         json.RawMessage `json:"eventData"`
	}{
		eventVersion, "ActivityAuditLog", "ActivityLog", id, iso(at), c.Region, c.Account,
		map[string]string{"ingestionTime": iso(now), "channelARN": arn},
		json.RawMessage(e.Data),
	})
	if err != nil {
		return fail("InvalidData", "eventData is not JSON: %v", err)
	}
	key, _ := event.IDOf(event.Value{Kind: event.String, Raw: []byte(id)})
	return LogEvent{at, key, message}, id, nil
}
