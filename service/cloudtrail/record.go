package cloudtrail

import (
	"context"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/store/state"
)

// eventVersion is the newest form of records that is documented.
const eventVersion = "1.11"

// The bounds of a record's members, in bytes [CloudTrail User Guide, record contents].
const (
	maxText       = 1 << 10
	maxParameters = 100 << 10
)

// A record is a CloudTrail record, its members in AWS's order.
type record struct {
	EventVersion       string     `json:"eventVersion"`
	UserIdentity       identity   `json:"userIdentity"`
	EventTime          string     `json:"eventTime"`
	EventSource        string     `json:"eventSource"`
	EventName          string     `json:"eventName"`
	AWSRegion          string     `json:"awsRegion"`
	SourceIPAddress    string     `json:"sourceIPAddress"`
	UserAgent          string     `json:"userAgent,omitempty"`
	ErrorCode          string     `json:"errorCode,omitempty"`
	ErrorMessage       string     `json:"errorMessage,omitempty"`
	RequestParameters  any        `json:"requestParameters"`
	ResponseElements   any        `json:"responseElements"`
	RequestID          string     `json:"requestID,omitempty"`
	EventID            string     `json:"eventID"`
	ReadOnly           bool       `json:"readOnly"`
	Resources          []resource `json:"resources,omitempty"`
	EventType          string     `json:"eventType"`
	ManagementEvent    bool       `json:"managementEvent"`
	RecipientAccountID string     `json:"recipientAccountId"`
	EventCategory      string     `json:"eventCategory"`
	TLSDetails         *tls       `json:"tlsDetails,omitempty"`
}

type identity struct {
	Type           string          `json:"type"`
	PrincipalID    string          `json:"principalId,omitempty"`
	ARN            string          `json:"arn,omitempty"`
	AccountID      string          `json:"accountId,omitempty"`
	AccessKeyID    string          `json:"accessKeyId,omitempty"`
	UserName       string          `json:"userName,omitempty"`
	SessionContext *sessionContext `json:"sessionContext,omitempty"`
	InvokedBy      string          `json:"invokedBy,omitempty"`
}

type sessionContext struct {
	Issuer struct {
		Type        string `json:"type,omitempty"`
		PrincipalID string `json:"principalId,omitempty"`
		ARN         string `json:"arn,omitempty"`
		AccountID   string `json:"accountId,omitempty"`
		UserName    string `json:"userName,omitempty"`
	} `json:"sessionIssuer"`
	WebIdentity struct{} `json:"webIdFederationData"`
	Attributes  struct {
		Created string `json:"creationDate"`
		MFA     string `json:"mfaAuthenticated"`
	} `json:"attributes"`
}

type resource struct {
	Account string `json:"accountId,omitempty"`
	Type    string `json:"type,omitempty"`
	ARN     string `json:"ARN,omitempty"`
}

type tls struct {
	Host string `json:"clientProvidedHostHeader,omitempty"`
}

// NewRecord is a call as CloudTrail writes it, as one line of JSON.
func NewRecord(r service.Record, eventID string) ([]byte, error) {
	c := r.Caller
	out := record{
		EventVersion: eventVersion, UserIdentity: identityOf(c), EventTime: iso(c.Time), EventSource: r.Source, EventName: r.Name,
		AWSRegion: regionOf(r), SourceIPAddress: "AWS Internal", UserAgent: cut(c.UserAgent),
		ErrorCode: cut(r.ErrorCode), ErrorMessage: cut(r.ErrorText), RequestID: cut(c.RequestID), EventID: eventID, ReadOnly: r.ReadOnly,
		EventType: "AwsApiCall", ManagementEvent: !r.Data, RecipientAccountID: c.Account, EventCategory: "Management",
	}
	if r.Data {
		out.EventCategory = "Data"
	}
	if c.SourceIP.IsValid() {
		out.SourceIPAddress = c.SourceIP.Unmap().WithZone("").String()
	}
	if out.UserIdentity.Type == "AWSService" {
		out.SourceIPAddress, out.UserAgent = out.UserIdentity.InvokedBy, out.UserIdentity.InvokedBy
	}
	if c.TLS {
		host := c.Endpoint
		if u, err := url.Parse(c.Endpoint); err == nil {
			host = u.Host
		}
		out.TLSDetails = &tls{host}
	}
	for _, one := range r.Resources {
		out.Resources = append(out.Resources, resource{one.Account, one.Type, one.ARN})
	}
	var err error
	if out.RequestParameters, err = bounded(r.Request); err != nil {
		return nil, err
	}
	if out.ResponseElements, err = bounded(r.Response); err != nil {
		return nil, err
	}
	// Angle brackets are escaped, as CloudTrail does it.
	return json.Marshal(out)
}

// bounded is v as JSON, or what stands for a value that is too large.
func bounded(v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	if len(encoded) > maxParameters {
		return map[string]bool{"omitted": true}, nil
	}
	return json.RawMessage(encoded), nil
}

// cut shortens a text to what a member may have.
func cut(s string) string {
	if len(s) > maxText {
		s = strings.ToValidUTF8(s[:maxText], "")
	}
	return s
}

// regionOf is where an event belongs: those of global services are in the
// partition's first Region.
func regionOf(r service.Record) string {
	for _, source := range global {
		if r.Source == source {
			switch r.Caller.Partition {
			case "aws-cn":
				return "cn-north-1"
			case "aws-us-gov":
				return "us-gov-west-1"
			default:
				return "us-east-1"
			}
		}
	}
	return r.Caller.Region
}

// identityOf is who makes a call [CloudTrail User Guide, userIdentity element].
func identityOf(c service.Caller) identity {
	p := c.Principal
	u := identity{PrincipalID: p.ID, ARN: p.ARN, AccountID: c.Account, AccessKeyID: c.AccessKeyID}
	switch p.Type {
	case policy.Root:
		u.Type = "Root"
	case policy.User:
		u.Type = "IAMUser"
		if u.UserName = c.UserName; u.UserName == "" {
			u.UserName = p.ARN[strings.LastIndexByte(p.ARN, '/')+1:]
		}
	case policy.RoleSession:
		u.Type = "AssumedRole"
	case policy.FederatedUser:
		u.Type = "FederatedUser"
	case policy.ServicePrincipal:
		u = identity{Type: "AWSService"}
		if len(p.Services) > 0 {
			u.InvokedBy = p.Services[0]
		}
		return u
	default:
		if c.AccessKeyID == "" {
			return identity{Type: "AWSAccount", AccountID: "anonymous"}
		}
		// Whoever calls with a key that we do not know is nobody of the account.
		return identity{Type: "Unknown", AccessKeyID: c.AccessKeyID}
	}
	if c.Session != nil {
		u.SessionContext = sessionOf(c, u)
	}
	return u
}

func sessionOf(c service.Caller, u identity) *sessionContext {
	var s sessionContext
	s.Attributes.Created, s.Attributes.MFA = iso(c.Session.Created), strconv.FormatBool(c.Session.MFA)
	if u.Type == "AssumedRole" || u.Type == "FederatedUser" {
		s.Issuer.Type, s.Issuer.PrincipalID = "Role", c.Session.IssuerID
		s.Issuer.ARN, s.Issuer.AccountID, s.Issuer.UserName = c.Session.IssuerARN, c.Account, c.Session.IssuerName
		switch {
		case strings.HasSuffix(s.Issuer.ARN, ":root"):
			s.Issuer.Type = "Root"
		case u.Type == "FederatedUser":
			s.Issuer.Type = "IAMUser"
		}
	}
	return &s
}

// Record keeps a call, before its answer goes out: a nil error says that it is
// on disk, or is one of those that are not kept. Data events are kept when a
// trail wants them; of calls whose caller is not known only so many a second
// are, and the log tells of the others.
func (s *Service) Record(ctx context.Context, r service.Record) error {
	if r.Caller.Time.IsZero() {
		r.Caller.Time = s.o.Now()
	}
	if r.Data {
		if wanted, err := s.interest(ctx); err != nil || !wanted {
			return err
		}
	}
	if r.Caller.Principal.Type == policy.Anonymous && !s.refused.take(s.o.Pace()) {
		return nil
	}
	for _, one := range r.Resources {
		// A call of nobody is told to whom it was about.
		if r.Caller.Account == "" {
			r.Caller.Account = one.Account
		}
	}
	if r.Caller.Account == "" {
		r.Caller.Account = s.o.Default.Account
	}
	if r.Caller.Partition == "" {
		r.Caller.Partition = s.o.Default.Partition
	}
	if r.Caller.Region == "" {
		r.Caller.Region = s.o.Default.Region
	}
	id := s.o.NewID()
	body, err := NewRecord(r, id)
	if err != nil {
		return err
	}
	err = s.o.State.Update(ctx, func(tx *state.Tx) error {
		return tx.AddOwnRecord(ctx, state.OwnRecord{Account: r.Caller.Account, Region: regionOf(r), At: r.Caller.Time, EventID: id, Body: body})
	})
	if err == nil {
		s.Wake()
	}
	return err
}

// interestFor is how long it is believed that no trail wants data events, when
// another process may have been told otherwise.
const interestFor = 5 * time.Second

// interest tells whether any trail wants data events.
func (s *Service) interest(ctx context.Context) (bool, error) {
	now := s.o.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if age := now.Sub(s.dataAt); !s.dataAt.IsZero() && age >= 0 && age < interestFor {
		return s.data, nil
	}
	err := s.o.State.View(ctx, func(tx *state.Tx) error {
		all, err := Trails.All(ctx, tx, everywhere)
		s.data = false
		for _, t := range all {
			s.data = s.data || t.Value.wantsData()
		}
		return err
	})
	if err == nil {
		s.dataAt = now
	}
	return s.data, err
}

func (s *Service) forgetInterest() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dataAt = time.Time{}
}

// everywhere is all accounts and Regions.
var everywhere = state.Scope{Account: "*", Region: "*"}

// newUUID is an id that grows with the time, so that of the calls of one second,
// which is how exactly records tell it, the newest comes first in the event history.
func newUUID() string {
	id, err := uuid.NewV7()
	if err != nil { // there is no randomness: nothing else would work either
		panic(err)
	}
	return id.String()
}
