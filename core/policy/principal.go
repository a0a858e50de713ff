package policy

import (
	"slices"
	"strings"
)

// A PrincipalType is what kind of caller makes a request.
type PrincipalType uint8

const (
	Anonymous PrincipalType = iota
	Root
	User
	RoleSession
	FederatedUser
	ServicePrincipal
	Provider // whoever holds a token of an identity provider, before he has a role
)

// A Principal is who makes a request.
type Principal struct {
	Type          PrincipalType
	ARN           string   // of Root, User, RoleSession, FederatedUser
	Role          string   // of a RoleSession: the ARN of its role, with the path
	ID            string   // unique id as in aws:userid: AIDA..., AROA...:session
	CanonicalUser string   // S3's id of the account
	Services      []string // of a ServicePrincipal: its names, such as cloudtrail.amazonaws.com
	Provider      string   // of a Provider: its ARN or domain
}

// ParsePrincipal reads the ARN of a caller as GetCallerIdentity gives it; false
// when no caller has such an ARN. The role of a session is taken to have no path;
// whoever knows better sets Role.
func ParsePrincipal(arn string) (Principal, bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[3] != "" || parts[4] == "" {
		return Principal{}, false
	}
	kind, name, _ := strings.Cut(parts[5], "/")
	switch {
	case parts[2] == "iam" && parts[5] == "root":
		return Principal{Type: Root, ARN: arn, ID: parts[4]}, true
	case parts[2] == "iam" && kind == "user" && name != "":
		return Principal{Type: User, ARN: arn}, true
	case parts[2] == "sts" && kind == "federated-user" && name != "":
		return Principal{Type: FederatedUser, ARN: arn}, true
	case parts[2] == "sts" && kind == "assumed-role":
		role, session, _ := strings.Cut(name, "/")
		if role == "" || session == "" {
			return Principal{}, false
		}
		return Principal{Type: RoleSession, ARN: arn, Role: "arn:" + parts[1] + ":iam::" + parts[4] + ":role/" + role}, true
	}
	return Principal{}, false
}

// Service is the principal that is an AWS service. Most have one name; some have
// one per Region besides.
func Service(names ...string) Principal { return Principal{Type: ServicePrincipal, Services: names} }

// Account is the account of the principal; "" for those that belong to none.
func (p Principal) Account() string {
	if parts := strings.SplitN(p.ARN, ":", 6); len(parts) == 6 {
		return parts[4]
	}
	return ""
}

// Name is how refusals call the principal.
func (p Principal) Name() string {
	switch p.Type {
	case Anonymous:
		return "anonymous"
	case ServicePrincipal:
		return strings.Join(p.Services[:min(1, len(p.Services))], "")
	case Provider:
		return p.Provider
	}
	return p.ARN
}

// keys are the condition keys about the principal [IAM User Guide, global
// condition context keys]; those without a value are absent.
func (p Principal) keys() map[string][]string {
	keys := map[string][]string{
		"aws:PrincipalArn": nil, "aws:PrincipalAccount": single(p.Account()), "aws:PrincipalType": nil,
		"aws:PrincipalIsAWSService": {"false"}, "aws:PrincipalServiceName": nil, "aws:PrincipalServiceNamesList": nil,
		"aws:userid": single(p.ID), "aws:username": nil,
	}
	switch p.Type {
	case Anonymous:
		keys["aws:PrincipalType"] = []string{"Anonymous"}
		keys["aws:PrincipalIsAWSService"] = nil
	case Root:
		keys["aws:PrincipalArn"], keys["aws:PrincipalType"] = []string{p.ARN}, []string{"Account"}
	case User:
		keys["aws:PrincipalArn"], keys["aws:PrincipalType"] = []string{p.ARN}, []string{"User"}
		keys["aws:username"] = []string{p.ARN[strings.LastIndexByte(p.ARN, '/')+1:]}
	case RoleSession:
		keys["aws:PrincipalArn"], keys["aws:PrincipalType"] = []string{p.Role}, []string{"AssumedRole"}
	case FederatedUser:
		keys["aws:PrincipalArn"], keys["aws:PrincipalType"] = []string{p.ARN}, []string{"FederatedUser"}
	case ServicePrincipal:
		keys["aws:PrincipalIsAWSService"] = []string{"true"}
		keys["aws:PrincipalServiceName"] = slices.Clone(p.Services[:min(1, len(p.Services))])
		keys["aws:PrincipalServiceNamesList"] = slices.Clone(p.Services)
	}
	return keys
}

// A reach is how a Principal element names a caller, which decides what else must
// allow the request [IAM User Guide, Principal; evaluation logic].
type reach uint8

const (
	unnamed   reach = iota
	byAccount       // his account: it may let him in by its own policies
	byRole          // the role of his session: boundary and session policy still limit
	byName          // himself, or everyone
)

// names tells how far the element names the principal, and how many it lists of
// how many names that he goes by.
func (l Principals) names(p Principal) (how reach, listed, of int) {
	aliases := p.aliases()
	of = max(1, len(aliases)) // the anonymous goes by one that nobody can list
	if l.Everyone || slices.Contains(l.AWS, "*") {
		return byName, of, of
	}
	for _, alias := range aliases {
		if slices.ContainsFunc(alias.in(l), alias.is) {
			how = max(how, alias.reach)
			listed++
		}
	}
	return how, listed, of
}

// An alias is one of the names that a principal goes by.
type alias struct {
	reach reach
	in    func(Principals) []string // where it would be listed
	names []string                  // its spellings
}

func (a alias) is(entry string) bool { return entry == "*" || slices.Contains(a.names, entry) }

func awsNames(l Principals) []string       { return l.AWS }
func serviceNames(l Principals) []string   { return l.Service }
func federatedNames(l Principals) []string { return l.Federated }

func (p Principal) aliases() []alias {
	switch p.Type {
	case ServicePrincipal:
		return []alias{{byName, serviceNames, p.Services}}
	case Provider:
		return []alias{{byName, federatedNames, []string{p.Provider}}}
	case Anonymous:
		return nil
	}
	account := p.Account()
	partition := strings.SplitN(p.ARN+"::", ":", 3)[1]
	all := []alias{
		{byAccount, awsNames, []string{account, "arn:" + partition + ":iam::" + account + ":root"}},
	}
	if p.CanonicalUser != "" {
		all[0].in = func(l Principals) []string { return slices.Concat(l.AWS, l.CanonicalUser) }
		all[0].names = append(all[0].names, p.CanonicalUser)
	}
	id, _, _ := strings.Cut(p.ID, ":")
	switch p.Type {
	case Root:
		all[0].reach = byName
	case RoleSession:
		all = append(all, alias{byRole, awsNames, present(p.Role, id)}, alias{byName, awsNames, []string{p.ARN}})
	default:
		all = append(all, alias{byName, awsNames, present(p.ARN, id)})
	}
	return all
}

func present(names ...string) []string {
	return slices.DeleteFunc(names, func(n string) bool { return n == "" })
}
