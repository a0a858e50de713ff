package pattern

import (
	"maps"
	"slices"
	"strings"

	"tocsin/core/event"
)

const aws = ".amazonaws.com"

// event holds a comparison against what is known of sources, names and sign-ins.
func (l *linter) event(c *Comparison, s scope) {
	switch memberName(c.Selector) {
	case "eventSource":
		l.source(c)
	case "eventName":
		l.name(c)
	case "additionalEventData.MFAUsed":
		l.signInWithoutMFA(c, s)
	case "userIdentity.sessionContext.attributes.mfaAuthenticated":
		if !has(s.with, "userIdentity.type") && (c.Op == NotEqual || is(c, memberName(c.Selector), "false")) {
			l.add("mfa-of-roles", Warning, c.Span, l.rewritten(c, &And{Nodes: []Node{userType("IAMUser", c), c}}),
				"the sessions of roles, of services too, mostly say false here: ask for the userIdentity.type that is meant")
		}
	case "errorCode":
		if c.Op != NotExists && slices.ContainsFunc(s.with, func(o *Comparison) bool { return is(o, "eventName", "ConsoleLogin") }) {
			l.add("sign-in-error", Warning, c.Span, "", "a failed sign-in has an errorMessage and no errorCode; $.responseElements.ConsoleLogin is Failure")
		}
	}
}

// signInWithoutMFA remarks on a test for MFA that single sign-on cannot pass.
func (l *linter) signInWithoutMFA(c *Comparison, s scope) {
	if c.Op != NotEqual && !is(c, "additionalEventData.MFAUsed", "No") {
		return
	}
	if slices.ContainsFunc(s.with, func(o *Comparison) bool { return memberName(o.Selector) == "userIdentity.type" }) {
		return
	}
	better := []Node{c, userType("IAMUser", c)}
	why := ""
	if !has(s.with, "responseElements.ConsoleLogin") {
		better = append(better, &Comparison{Selector: event.Members("responseElements", "ConsoleLogin"), Op: Equal, Value: quotedLiteral("Success"), Parens: c.Parens})
		why = ", and so do failed sign-ins"
	}
	l.add("mfa-of-single-sign-on", Warning, c.Span, l.rewritten(c, &And{Nodes: better}),
		"federated sign-ins (IAM Identity Center, SAML) always say No here, because MFA is up to their provider: they match too%s", why)
}

func has(with []*Comparison, field string) bool {
	return slices.ContainsFunc(with, func(o *Comparison) bool { return memberName(o.Selector) == field })
}

// userType asks for a type of identity, to stand beside another comparison.
func userType(value string, beside *Comparison) *Comparison {
	return &Comparison{Selector: event.Members("userIdentity", "type"), Op: Equal, Value: quotedLiteral(value), Parens: beside.Parens}
}

// misnamed are sources that one would expect under another name.
var misnamed = map[string]string{
	"cloudwatch": "monitoring", "cloudwatchlogs": "logs", "eventbridge": "events", "stepfunctions": "states",
	"elb": "elasticloadbalancing", "efs": "elasticfilesystem", "emr": "elasticmapreduce", "opensearch": "es",
	"systemsmanager": "ssm", "organization": "organizations", "console": "signin", "identitycenter": "sso",
	"apigatewayv2": "apigateway", "kinesisfirehose": "firehose",
}

// source remarks on values that eventSource never has.
func (l *linter) source(c *Comparison) {
	text, exact := c.Value.exactly()
	if !exact || c.Op != Equal && c.Op != NotEqual {
		return
	}
	better, why := text, ""
	if lower := strings.ToLower(better); lower != better {
		better, why = lower, "sources are written in lower case"
	}
	if !strings.Contains(better, ".") {
		better, why = better+aws, "a source ends in "+aws
	}
	service, _ := strings.CutSuffix(better, aws)
	if other, ok := misnamed[strings.ReplaceAll(service, "-", "")]; ok {
		better, why = other+aws, "this service's events come from "+other+aws
	}
	if why != "" {
		l.add("event-source", Wrong, c.Value.Span, l.rewritten(c, c.with(c.Op, quotedLiteral(better))), "no event has the source %s: %s", c.Value, why)
	}
}

// name remarks on an event name in the wrong case.
func (l *linter) name(c *Comparison) {
	text, exact := c.Value.exactly()
	if !exact || c.Op != Equal && c.Op != NotEqual || len(eventSources[text]) > 0 {
		return
	}
	for _, known := range slices.Sorted(maps.Keys(eventSources)) {
		if strings.EqualFold(known, text) {
			l.add("unknown-value", Wrong, c.Value.Span, l.rewritten(c, c.with(c.Op, quotedLiteral(known))), "no event is called %s: did you mean %q?", c.Value, known)
			return
		}
	}
}

// strangers says why two comparisons on different fields never hold of one event,
// as far as is known.
func (l *linter) strangers(a, b *Comparison) (why, remedy string) {
	name, other := a, b
	if memberName(name.Selector) != "eventName" {
		name, other = b, a
	}
	called, exact := name.Value.exactly()
	if !exact || name.Op != Equal || memberName(name.Selector) != "eventName" {
		return "", ""
	}
	sources := eventSources[called]
	value, exact := other.Value.exactly()
	switch {
	case len(sources) == 0 || !exact || other.Op != Equal:
	case memberName(other.Selector) == "eventSource" && !slices.Contains(sources, value) && strings.HasSuffix(value, aws):
		if len(sources) == 1 {
			remedy = l.rewritten(other, other.with(Equal, quotedLiteral(sources[0])))
		}
		if _, wrong := misnamed[strings.TrimSuffix(value, aws)]; wrong {
			remedy = "" // event-source tells the better one
		}
		return value + " has no event " + called + ", which comes from " + strings.Join(sources, " and "), remedy
	case memberName(other.Selector) == "eventType" && signIn[called] && value != "AwsConsoleSignIn":
		return "the eventType of " + called + " is AwsConsoleSignIn", l.rewritten(other, other.with(Equal, quotedLiteral("AwsConsoleSignIn")))
	case memberName(other.Selector) == "eventType" && !signIn[called] && value == "AwsConsoleSignIn":
		return "the eventType of " + called + " is not AwsConsoleSignIn", l.rewritten(other, other.with(Equal, quotedLiteral("AwsApiCall")))
	}
	return "", ""
}

// signIn are the names of events of type AwsConsoleSignIn.
var signIn = map[string]bool{"ConsoleLogin": true, "CheckMfa": true, "SwitchRole": true, "ExitRole": true, "GetSigninToken": true}

// sharedNames remarks on event names that several services use, where no source is asked for.
func (l *linter) sharedNames() {
	var shared []string
	var at Span
	l.eachComparison(l.p.Condition, scope{}, func(c *Comparison, s scope) {
		text, exact := c.Value.exactly()
		if c.Op != Equal || !exact || memberName(c.Selector) != "eventName" || len(eventSources[text]) < 2 || has(s.with, "eventSource") {
			return
		}
		if len(shared) == 0 {
			at = c.Span
		}
		services := make([]string, len(eventSources[text]))
		for i, source := range eventSources[text] {
			services[i] = strings.TrimSuffix(source, aws)
		}
		shared = append(shared, text+" ("+strings.Join(services, ", ")+")")
	})
	if len(shared) > 0 {
		l.add("shared-name", Note, at, "", "several services have events of this name, and the pattern does not ask for %s: %s",
			"$.eventSource", strings.Join(shared, "; "))
	}
}

// namesBySource are events that security patterns ask for, by their sources. A
// name stands under every source that is known to have it, so that it can be told
// that no other one does.
var namesBySource = map[string]string{
	"account":        "EnableRegion DisableRegion PutAlternateContact DeleteAlternateContact",
	"apigateway":     "CreateRoute DeleteRoute UpdateRoute",
	"appmesh":        "CreateRoute DeleteRoute UpdateRoute",
	"clouddirectory": "AttachPolicy DetachPolicy",
	"fms":            "DeletePolicy",
	"gamelift":       "CreateVpcPeeringConnection DeleteVpcPeeringConnection",
	"opsworks":       "DescribeInstances",
	"workmail":       "CreateOrganization DeleteOrganization",
	"chime":          "CreateAccount",
	"cloudtrail": "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging PutEventSelectors PutInsightSelectors DeleteEventDataStore " +
		"StopEventDataStoreIngestion DeregisterOrganizationDelegatedAdmin RegisterOrganizationDelegatedAdmin LookupEvents GetTrailStatus DescribeTrails",
	"codestar-notifications": "Subscribe Unsubscribe",
	"config": "StopConfigurationRecorder StartConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder " +
		"DeleteConfigurationRecorder DeleteConfigRule PutConfigRule DeleteConformancePack DeleteRetentionConfiguration DeleteConfigurationAggregator",
	"ec2": "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress CreateSecurityGroup " +
		"DeleteSecurityGroup ModifySecurityGroupRules CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry " +
		"ReplaceNetworkAclEntry ReplaceNetworkAclAssociation CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway " +
		"CreateInternetGateway DeleteInternetGateway DetachInternetGateway CreateRoute CreateRouteTable ReplaceRoute " +
		"ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute DisassociateRouteTable AssociateRouteTable CreateVpc DeleteVpc " +
		"ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection DeleteVpcPeeringConnection RejectVpcPeeringConnection " +
		"AttachClassicLinkVpc DetachClassicLinkVpc DisableVpcClassicLink EnableVpcClassicLink RunInstances RebootInstances StartInstances " +
		"StopInstances TerminateInstances DescribeInstances DeleteFlowLogs CreateFlowLogs ModifySnapshotAttribute ModifyImageAttribute " +
		"DisableEbsEncryptionByDefault EnableEbsEncryptionByDefault CreateNatGateway DeleteNatGateway CreateDefaultVpc AssociateVpcCidrBlock " +
		"DisassociateVpcCidrBlock ModifyVpcPeeringConnectionOptions CreateVpnConnection DeleteVpnConnection CreateTransitGateway DeleteTransitGateway",
	"guardduty": "CreateDetector DeleteDetector UpdateDetector StopMonitoringMembers DisassociateMembers DeleteMembers " +
		"DisassociateFromAdministratorAccount DisassociateFromMasterAccount CreateFilter UpdateFilter CreateIPSet UpdateIPSet DeletePublishingDestination",
	"detective": "DeleteMembers", "inspector2": "CreateFilter UpdateFilter", "macie2": "DisassociateFromAdministratorAccount DisassociateFromMasterAccount",
	"personalize": "CreateFilter", "waf": "CreateIPSet UpdateIPSet", "waf-regional": "CreateIPSet UpdateIPSet", "wafv2": "CreateIPSet UpdateIPSet",
	"iam": "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy CreatePolicy DeletePolicy " +
		"CreatePolicyVersion DeletePolicyVersion SetDefaultPolicyVersion AttachRolePolicy DetachRolePolicy AttachUserPolicy DetachUserPolicy " +
		"AttachGroupPolicy DetachGroupPolicy CreateAccessKey DeleteAccessKey UpdateAccessKey CreateLoginProfile UpdateLoginProfile " +
		"DeleteLoginProfile AddUserToGroup RemoveUserFromGroup DeactivateMFADevice EnableMFADevice DeleteVirtualMFADevice CreateVirtualMFADevice " +
		"UpdateAssumeRolePolicy PutRolePermissionsBoundary DeleteRolePermissionsBoundary PutUserPermissionsBoundary " +
		"DeleteUserPermissionsBoundary CreateSAMLProvider UpdateSAMLProvider DeleteSAMLProvider CreateOpenIDConnectProvider " +
		"UpdateOpenIDConnectProviderThumbprint AddClientIDToOpenIDConnectProvider DeleteOpenIDConnectProvider CreateRole DeleteRole",
	"iot":   "CreatePolicy DeletePolicy CreatePolicyVersion DeletePolicyVersion SetDefaultPolicyVersion AttachPolicy DetachPolicy",
	"kafka": "CreateTopic DeleteTopic", "quicksight": "CreateTopic DeleteTopic",
	"kms":        "DisableKey EnableKey ScheduleKeyDeletion CancelKeyDeletion DeleteImportedKeyMaterial PutKeyPolicy DisconnectCustomKeyStore DeleteCustomKeyStore",
	"logs":       "DeleteMetricFilter PutMetricFilter DeleteLogGroup DeleteLogStream PutRetentionPolicy DeleteRetentionPolicy PutSubscriptionFilter DeleteSubscriptionFilter",
	"monitoring": "DeleteAlarms DisableAlarmActions EnableAlarmActions PutMetricAlarm PutCompositeAlarm SetAlarmState DescribeAlarms",
	"organizations": "AcceptHandshake CancelHandshake DeclineHandshake AttachPolicy DetachPolicy CreatePolicy DeletePolicy UpdatePolicy " +
		"CreateAccount CloseAccount MoveAccount InviteAccountToOrganization RemoveAccountFromOrganization LeaveOrganization CreateOrganization " +
		"DeleteOrganization CreateOrganizationalUnit DeleteOrganizationalUnit UpdateOrganizationalUnit EnablePolicyType DisablePolicyType EnableAllFeatures",
	"rds":             "ModifyDBSnapshotAttribute ModifyDBClusterSnapshotAttribute",
	"refactor-spaces": "CreateRoute DeleteRoute UpdateRoute",
	"s3": "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy DeleteBucketCors " +
		"DeleteBucketLifecycle DeleteBucketReplication PutBucketPublicAccessBlock DeleteBucketPublicAccessBlock PutAccountPublicAccessBlock " +
		"DeleteAccountPublicAccessBlock PutBucketOwnershipControls PutBucketLogging PutBucketVersioning DeleteObjects",
	"secretsmanager": "DeleteSecret StopReplicationToReplica RemoveRegionsFromReplication GetSecretValue",
	"securityhub": "DisableSecurityHub EnableSecurityHub BatchDisableStandards BatchEnableStandards UpdateStandardsControl DeleteMembers " +
		"DisassociateFromAdministratorAccount DisassociateFromMasterAccount DisassociateMembers",
	"signin":              "ConsoleLogin CheckMfa SwitchRole ExitRole GetSigninToken PasswordRecoveryRequested CredentialVerification",
	"sns":                 "CreateTopic DeleteTopic Subscribe Unsubscribe SetTopicAttributes",
	"sts":                 "AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity GetCallerIdentity GetFederationToken",
	"verifiedpermissions": "CreatePolicy DeletePolicy UpdatePolicy",
}

// eventSources is namesBySource the other way round, sources in order.
var eventSources = func() map[string][]string {
	sources := map[string][]string{}
	for _, service := range slices.Sorted(maps.Keys(namesBySource)) {
		for name := range strings.FieldsSeq(namesBySource[service]) {
			sources[name] = append(sources[name], service+aws)
		}
	}
	return sources
}()
