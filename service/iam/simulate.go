package iam

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"tocsin/core/policy"
	"tocsin/service"
	"tocsin/service/identity"
	"tocsin/store/state"
)

// A simulation is a question to the policy simulator.
type simulation struct {
	caller   policy.Principal
	policies policy.Policies
	sources  map[string]types.PolicySourceType // of policies, by name
	keys     policy.Context
	owner    string
	actions  []string
	on       []string // resources
}

// SimulatePrincipalPolicy tells what the policies of a user, a group or a role let
// him do.
func (s *Service) SimulatePrincipalPolicy(ctx context.Context, in *iam.SimulatePrincipalPolicyInput, _ ...func(*iam.Options)) (*iam.SimulatePrincipalPolicyOutput, error) {
	if err := check().text("policySourceArn", in.PolicySourceArn, arnForm).paging(in.Marker, in.MaxItems).err(); err != nil {
		return nil, err
	}
	if len(in.PolicyExclusionList) > 0 {
		return nil, unsupported("PolicyExclusionList is not supported.")
	}
	sim := simulation{sources: map[string]types.PolicySourceType{}}
	if err := s.State.View(ctx, func(tx *state.Tx) error { return sim.source(ctx, tx, *in.PolicySourceArn) }); err != nil {
		return nil, err
	}
	p, err := sim.run(ctx, &iam.SimulateCustomPolicyInput{
		PolicyInputList: in.PolicyInputList, PermissionsBoundaryPolicyInputList: in.PermissionsBoundaryPolicyInputList,
		ActionNames: in.ActionNames, ResourceArns: in.ResourceArns, ResourcePolicy: in.ResourcePolicy, ResourceOwner: in.ResourceOwner,
		CallerArn: in.CallerArn, ContextEntries: in.ContextEntries, ResourceHandlingOption: in.ResourceHandlingOption,
		Marker: in.Marker, MaxItems: in.MaxItems,
	})
	return &iam.SimulatePrincipalPolicyOutput{EvaluationResults: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// SimulateCustomPolicy tells what policies would let somebody do.
func (s *Service) SimulateCustomPolicy(ctx context.Context, in *iam.SimulateCustomPolicyInput, _ ...func(*iam.Options)) (*iam.SimulateCustomPolicyOutput, error) {
	c := check().paging(in.Marker, in.MaxItems)
	if len(in.PolicyInputList) == 0 {
		c.text("policyInputList", nil, form{})
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	sim := simulation{sources: map[string]types.PolicySourceType{}}
	p, err := sim.run(ctx, in)
	return &iam.SimulateCustomPolicyOutput{EvaluationResults: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
}

// source takes the policies of a user, a group or a role.
func (sim *simulation) source(ctx context.Context, tx *state.Tx, arn string) error {
	own := scope(ctx)
	sim.caller = policy.Principal{Type: policy.User, ARN: arn}
	var b identity.Bearing
	var err error
	if in, _, name, ok := identity.Named(arn, "user"); ok && in == own {
		u, getErr := users.get(ctx, tx, in, name)
		if getErr != nil {
			return getErr
		}
		sim.caller.ID = u.Value.ID
		sim.sourcesOf("user", u.Value.Entity)
		for _, name := range u.Value.Groups {
			g, err := groups.get(ctx, tx, in, name)
			if err != nil {
				return err
			}
			sim.sourcesOf("group", g.Value.Entity)
		}
		b, err = identity.OfUser(ctx, tx, in, u.Value)
	} else if in, _, name, ok := identity.Named(arn, "group"); ok && in == own {
		g, getErr := groups.get(ctx, tx, in, name)
		if getErr != nil {
			return getErr
		}
		sim.sourcesOf("group", g.Value.Entity)
		b, err = identity.OfGroup(ctx, tx, in, g.Value)
	} else if in, _, name, ok := identity.Named(arn, "role"); ok && in == own {
		r, getErr := roles.get(ctx, tx, in, name)
		if getErr != nil {
			return getErr
		}
		sim.caller = identity.SessionPrincipal(in, r.Value, "simulation")
		sim.sourcesOf("role", r.Value.Entity)
		b, err = identity.OfRole(ctx, tx, in, r.Value)
	} else {
		return wrongInput("Invalid Entity Arn: %s does not clearly define entity type and name.", shorten(arn))
	}
	sim.policies.Identity, sim.policies.Boundary = b.Identity, b.Boundary
	return err
}

func (sim *simulation) sourcesOf(word string, e identity.Entity) {
	for name := range e.Inline {
		sim.sources[identity.InlineName(word, e.Name, name)] = types.PolicySourceType(word)
	}
	for _, arn := range e.Attached {
		of, _, name, _ := identity.Named(arn, "policy")
		sim.sources[name] = types.PolicySourceTypeUserManaged
		if of.Account == "aws" {
			sim.sources[name] = types.PolicySourceTypeAwsManaged
		}
	}
}

// run adds what the input says, and evaluates each action on each resource.
func (sim *simulation) run(ctx context.Context, in *iam.SimulateCustomPolicyInput) (page[types.EvaluationResult], error) {
	if in.ResourceHandlingOption != nil {
		return page[types.EvaluationResult]{}, unsupported("ResourceHandlingOption is about EC2, which is not here.")
	}
	if err := sim.add(ctx, in); err != nil {
		return page[types.EvaluationResult]{}, err
	}
	type ask struct {
		order  string
		action string
	}
	var all []ask
	for i, action := range sim.actions {
		all = append(all, ask{fmt.Sprintf("%09d", i), action})
	}
	p, err := cut(all, func(a ask) string { return a.order }, in.Marker, in.MaxItems)
	return page[types.EvaluationResult]{
		items:     each(p.items, func(a ask) types.EvaluationResult { return sim.action(a.action) }),
		truncated: p.truncated, marker: p.marker,
	}, err
}

var actionForm = regexp.MustCompile(`^[A-Za-z0-9-]+:[A-Za-z0-9*]+$`)

func (sim *simulation) add(ctx context.Context, in *iam.SimulateCustomPolicyInput) error {
	for i, document := range in.PolicyInputList {
		p, err := checkSimulated(document, policy.Identity)
		if err != nil {
			return err
		}
		name := fmt.Sprintf("PolicyInputList.%d", i+1)
		sim.policies.Identity = append(sim.policies.Identity, policy.Named{Name: name, Policy: p})
		sim.sources[name] = types.PolicySourceTypeNone
	}
	switch len(in.PermissionsBoundaryPolicyInputList) {
	case 0:
	case 1:
		p, err := checkSimulated(in.PermissionsBoundaryPolicyInputList[0], policy.Identity)
		if err != nil {
			return err
		}
		sim.policies.Boundary = &policy.Named{Name: "PermissionsBoundaryPolicyInputList.1", Policy: p}
	default:
		return wrongInput("There can be one permissions boundary policy only.")
	}
	if in.CallerArn != nil {
		caller, ok := policy.ParsePrincipal(*in.CallerArn)
		if !ok || caller.Type != policy.User && caller.Type != policy.Root {
			return wrongInput("Invalid Entity Arn: %s does not clearly define entity type and name.", shorten(*in.CallerArn))
		}
		sim.caller = caller
	}
	if in.ResourcePolicy != nil {
		if sim.caller.ARN == "" {
			return wrongInput("CallerArn must be provided with a resource policy.")
		}
		p, err := checkSimulated(*in.ResourcePolicy, policy.Any)
		if err != nil {
			return err
		}
		sim.policies.Resource = &policy.Named{Name: "ResourcePolicy", Policy: p}
		sim.sources["ResourcePolicy"] = types.PolicySourceTypeResource
	}
	if sim.caller.ARN == "" { // nobody in particular of this account
		sim.caller = policy.Principal{Type: policy.User, ARN: identity.ARN(scope(ctx), "user", "/", service.CallerOf(ctx).UserName)}
	}
	sim.owner = aws.ToString(in.ResourceOwner)
	if _, account, ok := strings.Cut(sim.owner, ":iam::"); ok {
		sim.owner, _, _ = strings.Cut(account, ":")
	}
	sim.keys = policy.Context{}
	for _, e := range in.ContextEntries {
		sim.keys[aws.ToString(e.ContextKeyName)] = e.ContextKeyValues
	}
	sim.actions, sim.on = in.ActionNames, in.ResourceArns
	if len(sim.actions) == 0 {
		return check().text("actionNames", nil, form{}).err()
	}
	for _, action := range sim.actions {
		if !actionForm.MatchString(action) {
			return wrongInput("Invalid action name %s: expected service:Operation.", shorten(action))
		}
	}
	if len(sim.on) == 0 {
		sim.on = []string{"*"}
	}
	return nil
}

func checkSimulated(document string, kind policy.Kind) (policy.Policy, error) {
	p, err := policy.Parse(document, kind)
	if err != nil {
		return p, wrongInput("Invalid Policy: %s", err)
	}
	return p, nil
}

// action evaluates an action on each resource; of the whole the strictest counts.
func (sim *simulation) action(action string) types.EvaluationResult {
	out := types.EvaluationResult{EvalActionName: aws.String(action), MatchedStatements: []types.Statement{}, MissingContextValues: []string{}}
	strictest := policy.Allowed + 1
	for _, resource := range sim.on {
		d, missing := sim.evaluate(action, resource)
		one := types.ResourceSpecificResult{
			EvalResourceName: aws.String(resource), EvalResourceDecision: types.PolicyEvaluationDecisionType(d.Verdict.String()),
			MatchedStatements: sim.matched(d), MissingContextValues: missing, PermissionsBoundaryDecisionDetail: sim.boundary(d),
		}
		out.ResourceSpecificResults = append(out.ResourceSpecificResults, one)
		for _, key := range missing {
			if !slices.Contains(out.MissingContextValues, key) {
				out.MissingContextValues = append(out.MissingContextValues, key)
			}
		}
		if rank := strictness(d.Verdict); rank < strictest {
			strictest = rank
			out.EvalDecision, out.EvalResourceName, out.MatchedStatements = one.EvalResourceDecision, one.EvalResourceName, one.MatchedStatements
			out.PermissionsBoundaryDecisionDetail = one.PermissionsBoundaryDecisionDetail
		}
	}
	return out
}

// strictness orders verdicts, the strictest first.
func strictness(v policy.Verdict) policy.Verdict {
	switch v {
	case policy.ExplicitDeny:
		return 0
	case policy.ImplicitDeny:
		return 1
	}
	return v
}

// evaluate decides; condition keys that matter and were not given are missing.
func (sim *simulation) evaluate(action, resource string) (policy.Decision, []string) {
	r := policy.Request{Principal: sim.caller, Action: action, Resource: resource, Owner: sim.owner, Context: sim.keys, Open: true}
	if resource == "*" && r.Owner == "" {
		r.Owner = sim.caller.Account()
	}
	d := policy.Evaluate(sim.policies, r)
	missing := d.Unknown()
	if d.Verdict == policy.Undecided {
		r.Open = false
		d = policy.Evaluate(sim.policies, r)
	}
	if missing == nil {
		missing = []string{}
	}
	return d, missing
}

// matched are the statements that decided.
func (sim *simulation) matched(d policy.Decision) []types.Statement {
	all := []types.Statement{}
	for _, g := range d.Grounds {
		if g.Applies != policy.Yes || g.Layer == policy.BoundaryLayer {
			continue
		}
		kind, ok := sim.sources[g.Policy]
		if !ok {
			kind = types.PolicySourceTypeNone
		}
		all = append(all, types.Statement{SourcePolicyId: aws.String(g.Policy), SourcePolicyType: kind})
	}
	return all
}

func (sim *simulation) boundary(d policy.Decision) *types.PermissionsBoundaryDecisionDetail {
	if sim.policies.Boundary == nil {
		return nil
	}
	denied := slices.ContainsFunc(d.Grounds, func(g policy.Ground) bool {
		return g.Layer == policy.BoundaryLayer && g.Effect == policy.Deny && g.Applies == policy.Yes
	})
	return &types.PermissionsBoundaryDecisionDetail{AllowedByPermissionsBoundary: !denied && !slices.Contains(d.Lacking, policy.BoundaryLayer)}
}
