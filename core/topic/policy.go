package topic

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"tocsin/core/policy"
)

// policyID, defaultSid and defaultVersion are those of the policy that a topic
// has from its beginning. [recorded]
const (
	policyID       = "__default_policy_ID"
	defaultSid     = "__default_statement_ID"
	defaultVersion = policy.Version2008
)

// DefaultPolicy is the policy of a topic that was given none: services that act
// for the owner's account may use it. Nobody else is let in by it, since requests of
// people carry no aws:SourceOwner.
func DefaultPolicy(topicARN string) string {
	of, _ := ParseARN(topicARN)
	return policy.Policy{Version: defaultVersion, ID: policyID, Statements: []policy.Statement{{
		Sid: defaultSid, Effect: policy.Allow, Principal: policy.Principals{AWS: []string{"*"}},
		Actions: []string{
			"SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
			"SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish",
		},
		Resources: []string{topicARN},
		Conditions: []policy.Condition{{
			Operator: policy.Operator{Test: policy.StringEquals}, Key: "AWS:SourceOwner", Values: []string{of.Account},
		}},
	}}}.String()
}

// policyActions are what the policy of a topic may be about; a wildcard is not.
// [SNS guide, API permissions; seen by users] Receive is of old, and is still taken.
var policyActions = []string{
	"AddPermission", "DeleteTopic", "GetDataProtectionPolicy", "GetTopicAttributes", "ListSubscriptionsByTopic",
	"ListTagsForResource", "Publish", "PutDataProtectionPolicy", "Receive", "RemovePermission", "SetTopicAttributes", "Subscribe",
}

// Bounds of a topic's policy. [SNS guide, API permissions]
const (
	maxPolicy     = 30 << 10 // bytes
	maxStatements = 100
)

// CheckPolicy checks the Policy of a topic, as SetTopicAttributes does; "" stands
// for the default. An error is an *InvalidError; its first line is SNS's, which
// says nothing, and the others tell the place.
func CheckPolicy(topicARN, text string) error {
	if text == "" {
		return nil
	}
	if len(text) > maxPolicy {
		return refusePolicy("a topic's policy may have %d bytes, and this one has %d", maxPolicy, len(text))
	}
	p, err := policy.Parse(text, policy.Resource)
	if err != nil {
		return refusePolicy("%v", err)
	}
	return checkPolicy(topicARN, p)
}

// checkPolicy checks what is SNS's own about a policy.
func checkPolicy(topicARN string, p policy.Policy) error {
	if len(p.Statements) > maxStatements {
		return refusePolicy("a topic's policy may have %d statements, and this one has %d", maxStatements, len(p.Statements))
	}
	for i, s := range p.Statements {
		for _, action := range append(slices.Clone(s.Actions), s.NotActions...) {
			if !isPolicyAction(action) {
				return outOfScope()
			}
		}
		for _, resource := range s.Resources {
			if !covers(resource, topicARN) {
				return refusePolicy("Statement[%d]: the policy of a topic is about that topic alone: want the resource %s, found %s", i, topicARN, resource)
			}
		}
	}
	return nil
}

func isPolicyAction(action string) bool {
	service, name, ok := strings.Cut(action, ":")
	return ok && strings.EqualFold(service, "sns") &&
		slices.ContainsFunc(policyActions, func(known string) bool { return strings.EqualFold(known, name) })
}

// covers tells whether a pattern of a Resource element matches the topic.
func covers(pattern, topicARN string) bool {
	all := policy.Statement{
		Effect: policy.Allow, Principal: policy.Principals{Everyone: true},
		Actions: []string{"*"}, Resources: []string{pattern},
	}
	d := policy.Evaluate(
		policy.Policies{Resource: &policy.Named{Policy: policy.Policy{Version: policy.Version2008, Statements: []policy.Statement{all}}}},
		policy.Request{Action: "sns:Publish", Resource: topicARN},
	)
	return d.Verdict == policy.Allowed
}

func refusePolicy(format string, args ...any) error {
	return refuse("Policy Error: null\n%s", fmt.Sprintf(format, args...))
}

func outOfScope() error { return refuse("Policy statement action out of service scope!") }

// ReadPolicy reads a policy that CheckPolicy, AddPermission or RemovePermission
// made; the last may leave one without statements, which allows nothing.
func ReadPolicy(text string) (policy.Policy, error) {
	p, err := policy.Parse(text, policy.Any)
	if err == nil {
		return p, nil
	}
	var bare struct {
		Version   policy.Version
		ID        string `json:"Id"`
		Statement []json.RawMessage
	}
	if json.Unmarshal([]byte(text), &bare) == nil && bare.Statement != nil && len(bare.Statement) == 0 {
		return policy.Policy{Version: bare.Version, ID: bare.ID}, nil
	}
	return policy.Policy{}, err
}

// AddPermission gives the policy with a statement more, which lets accounts do
// actions with the topic. An error is an *InvalidError, but for a policy that cannot be read.
func AddPermission(text, topicARN, label string, accounts, actions []string) (string, error) {
	p, err := ReadPolicy(text)
	if err != nil {
		return "", err
	}
	switch {
	case label == "" || len(label) > maxLabel || strings.ContainsFunc(label, notInName):
		return "", refuse("Label")
	case len(accounts) == 0:
		return "", refuse("AWSAccountId")
	case len(actions) == 0:
		return "", refuse("ActionName")
	case slices.ContainsFunc(p.Statements, func(s policy.Statement) bool { return s.Sid == label }):
		return "", refuse("Statement already exists")
	}
	s := policy.Statement{Sid: label, Effect: policy.Allow, Resources: []string{topicARN}}
	for _, name := range actions {
		if !slices.Contains(policyActions, name) {
			return "", outOfScope()
		}
		s.Actions = append(s.Actions, "SNS:"+name)
	}
	of, _ := ParseARN(topicARN)
	for _, account := range accounts {
		if !isAccount(account) {
			return "", refuse("Policy Error: PrincipalNotFound\n%q is not the id of an account, which has twelve digits", account)
		}
		s.Principal.AWS = append(s.Principal.AWS, ARN{Partition: of.Partition, Service: "iam", Account: account, Resource: "root"}.String())
	}
	p.Statements = append(p.Statements, s)
	if err := checkPolicy(topicARN, p); err != nil {
		return "", err
	}
	if text = p.String(); len(text) > maxPolicy {
		return "", refusePolicy("a topic's policy may have %d bytes, and this one would have %d", maxPolicy, len(text))
	}
	return text, nil
}

// RemovePermission gives the policy without the statements of that label; whether
// there are any does not matter. [recorded]
func RemovePermission(text, label string) (string, error) {
	p, err := ReadPolicy(text)
	if err != nil {
		return "", err
	}
	n := len(p.Statements)
	p.Statements = slices.DeleteFunc(p.Statements, func(s policy.Statement) bool { return s.Sid == label })
	if len(p.Statements) == n {
		return text, nil
	}
	return p.String(), nil
}

// maxLabel is the length of a statement's id.
const maxLabel = 80

func isAccount(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }

// A ServiceSource is what an AWS service publishes for: an alarm, a trail.
type ServiceSource struct{ ARN, Account string }

// ServicePublish decides whether a service may publish to a topic with that
// policy. An error is an *InvalidError with code AuthorizationError, or says that
// the policy cannot be read.
//
// CloudWatch says for which account it publishes in aws:SourceOwner too, which the default
// policy asks for; services of today do not. [SNS guide, aws:SourceOwner]
func ServicePublish(text, topicARN, service string, source ServiceSource) error {
	p, err := ReadPolicy(text)
	if err != nil {
		return err
	}
	c := policy.Context{"aws:SourceArn": {source.ARN}, "aws:SourceAccount": {source.Account}, "aws:SecureTransport": {"true"}}
	if slices.Contains(sourceOwners, service) {
		c["aws:SourceOwner"] = []string{source.Account}
	}
	d := policy.Evaluate(
		policy.Policies{Resource: &policy.Named{Name: "topic policy", Policy: p}},
		policy.Request{Principal: policy.Service(service), Action: "SNS:Publish", Resource: topicARN, Context: c},
	)
	if d.Verdict == policy.Allowed {
		return nil
	}
	return &InvalidError{
		Code:    "AuthorizationError",
		Message: "Resource: " + source.ARN + " is not authorized to perform: SNS:Publish on resource: " + topicARN,
	}
}
