"""The tour of CloudTrail: trails and what they may deliver to, selectors, events looked up."""

import datetime
import json

from tour import ACCOUNT, REGION, client, eventually, pages, refused, same

trails, s3, logs, sns, iam = client("cloudtrail"), client("s3"), client("logs"), client("sns"), client("iam")
began = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=1)
BUCKET, GROUP = "trails-of-the-tour", "/trail/of-the-tour"
arn = lambda name: f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/{name}"

# A trail is made when all that it delivers to lets it.
with refused(trails.exceptions.S3BucketDoesNotExistException):
    trails.create_trail(Name="tour", S3BucketName=BUCKET)
s3.create_bucket(Bucket=BUCKET)
with refused(trails.exceptions.InsufficientS3BucketPolicyException):
    trails.create_trail(Name="tour", S3BucketName=BUCKET)
s3.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{BUCKET}"},
    {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{BUCKET}/AWSLogs/{ACCOUNT}/*",
     "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": arn("tour")}}}]}))
topic = sns.create_topic(Name="trail-of-the-tour")["TopicArn"]
with refused(trails.exceptions.InsufficientSnsTopicPolicyException):
    trails.create_trail(Name="tour", S3BucketName=BUCKET, SnsTopicName="trail-of-the-tour")
sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "SNS:Publish", "Resource": topic}]}))
logs.create_log_group(logGroupName=GROUP)
group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}:*"
role = iam.create_role(RoleName="trail-of-the-tour", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))["Role"]["Arn"]
iam.put_role_policy(RoleName="trail-of-the-tour", PolicyName="deliver", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": group}]}))
made = trails.create_trail(Name="tour", S3BucketName=BUCKET, SnsTopicName="trail-of-the-tour", IsMultiRegionTrail=True, EnableLogFileValidation=True,
                           CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role, TagsList=[{"Key": "team", "Value": "security"}])
same((made["TrailARN"], made["SnsTopicARN"], made["IsMultiRegionTrail"], made["LogFileValidationEnabled"]), (arn("tour"), topic, True, True))
with refused(trails.exceptions.TrailAlreadyExistsException):
    trails.create_trail(Name="tour", S3BucketName=BUCKET)
with refused(trails.exceptions.InvalidTrailNameException):
    trails.create_trail(Name="a", S3BucketName=BUCKET)
with refused(trails.exceptions.TrailNotFoundException):
    trails.get_trail(Name="missing")
same(trails.get_trail(Name="tour")["Trail"]["HomeRegion"], REGION)
same([t["TrailARN"] for t in trails.describe_trails(trailNameList=["tour"])["trailList"]], [arn("tour")])
assert arn("tour") in [t["TrailARN"] for page in trails.get_paginator("list_trails").paginate() for t in page["Trails"]]
elsewhere = client("cloudtrail", region_name="eu-west-1")
same([t["TrailARN"] for t in elsewhere.describe_trails()["trailList"] if t["Name"] == "tour"], [arn("tour")])
same(elsewhere.describe_trails(includeShadowTrails=False)["trailList"], [])
same(trails.update_trail(Name="tour", IncludeGlobalServiceEvents=True, S3KeyPrefix="")["Name"], "tour")
with refused(trails.exceptions.InvalidHomeRegionException):
    elsewhere.update_trail(Name=arn("tour"), S3BucketName=BUCKET)

# Tags and selectors.
trails.add_tags(ResourceId=arn("tour"), TagsList=[{"Key": "a", "Value": "b"}])
trails.remove_tags(ResourceId=arn("tour"), TagsList=[{"Key": "team"}])
same([r for page in trails.get_paginator("list_tags").paginate(ResourceIdList=[arn("tour")]) for r in page["ResourceTagList"]],
     [{"ResourceId": arn("tour"), "TagsList": [{"Key": "a", "Value": "b"}]}])
same(trails.get_event_selectors(TrailName="tour")["EventSelectors"][0]["ReadWriteType"], "All")
trails.put_event_selectors(TrailName="tour", AdvancedEventSelectors=[
    {"Name": "management", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]},
    {"Name": "objects", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}, {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
                                           {"Field": "resources.ARN", "StartsWith": [f"arn:aws:s3:::{BUCKET}/"]}]}])
same([s["Name"] for s in trails.get_event_selectors(TrailName="tour")["AdvancedEventSelectors"]], ["management", "objects"])
with refused(trails.exceptions.InvalidEventSelectorsException):
    trails.put_event_selectors(TrailName="tour", EventSelectors=[{"ReadWriteType": "Some"}])
trails.put_event_selectors(TrailName="tour", EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True}])
with refused(trails.exceptions.InsightNotEnabledException):
    trails.get_insight_selectors(TrailName="tour")
trails.put_insight_selectors(TrailName="tour", InsightSelectors=[{"InsightType": "ApiCallRateInsight"}])
same([s["InsightType"] for s in trails.get_insight_selectors(TrailName="tour")["InsightSelectors"]], ["ApiCallRateInsight"])

# A trail that is started delivers.
same(trails.get_trail_status(Name="tour")["IsLogging"], False)
trails.start_logging(Name="tour")
same(trails.get_trail_status(Name="tour")["IsLogging"], True)
sns.get_topic_attributes(TopicArn=topic)
delivered = eventually("the trail's events are in its log group", lambda: logs.filter_log_events(logGroupName=GROUP, filterPattern='{ $.eventName = "GetTopicAttributes" && $.requestParameters.topicArn = "%s" }' % topic)["events"])
event = json.loads(delivered[0]["message"])
same((event["eventSource"], event["requestParameters"]["topicArn"], event["userIdentity"]["type"], event["recipientAccountId"]), ("sns.amazonaws.com", topic, "Root", ACCOUNT))
assert eventually("the status tells of it", lambda: trails.get_trail_status(Name="tour").get("LatestCloudWatchLogsDeliveryTime"))
assert trails.list_public_keys()["PublicKeyList"][0]["Fingerprint"]
trails.stop_logging(Name="tour")
same(trails.get_trail_status(Name="tour")["IsLogging"], False)

# Everything that was called can be looked up.
look_up = lambda key, value, **more: pages(trails, "lookup_events", "Events", LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}], StartTime=began, **more)
created = look_up("EventName", "CreateTrail")
refusals = [json.loads(e["CloudTrailEvent"]).get("errorCode") for e in created]
same(refusals, ["InvalidTrailNameException", "TrailAlreadyExistsException", None, "InsufficientSnsTopicPolicyException",
                "InsufficientS3BucketPolicyException", "S3BucketDoesNotExistException"])
same((created[2]["Username"], created[2]["EventSource"], created[2]["ReadOnly"]), ("root", "cloudtrail.amazonaws.com", "false"))
same([e["EventId"] for e in look_up("EventId", created[2]["EventId"])], [created[2]["EventId"]])
for key, value in (("Username", "root"), ("EventSource", "cloudtrail.amazonaws.com"),
                   ("AccessKeyId", created[2]["AccessKeyId"]), ("ReadOnly", "false")):
    found = trails.lookup_events(LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}], StartTime=began, MaxResults=5)["Events"]
    assert found, (key, value)
same(trails.lookup_events(EventCategory="insight")["Events"], [])
with refused(trails.exceptions.InvalidTimeRangeException):
    trails.lookup_events(StartTime=began, EndTime=began - datetime.timedelta(days=1))
with refused(trails.exceptions.InvalidNextTokenException):
    trails.lookup_events(NextToken="not one of its own")

# Channels take events from elsewhere.
store = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:eventdatastore/00000000-0000-0000-0000-000000000000"
channel = trails.create_channel(Name="from-elsewhere", Source="Custom", Destinations=[{"Type": "EVENT_DATA_STORE", "Location": store}])["ChannelArn"]
own = json.dumps({"version": "1.0", "userIdentity": {"type": "Somebody", "principalId": "somebody"}, "eventSource": "door.example.com", "eventName": "Opened",
                  "eventTime": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"), "UID": "one", "recipientAccountId": ACCOUNT})
put = client("cloudtrail-data").put_audit_events(channelArn=channel, auditEvents=[{"id": "one", "eventData": own}])
same(([e["id"] for e in put["successful"]], put["failed"]), (["one"], []))
same(trails.get_channel(Channel=channel)["Name"], "from-elsewhere")
same([c["ChannelArn"] for c in trails.list_channels()["Channels"]], [channel])
trails.delete_channel(Channel=channel)
with refused(trails.exceptions.ChannelNotFoundException):
    trails.get_channel(Channel=channel)

trails.delete_trail(Name="tour")
with refused(trails.exceptions.TrailNotFoundException):
    trails.delete_trail(Name="tour")
