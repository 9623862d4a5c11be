import { Match, Template } from "aws-cdk-lib/assertions";
import { afterAll, describe, expect, test } from "vitest";
import { pascalCase } from "../../../infra/functions.ts";
import { type Route, routeKey, routes } from "../../../shared/http/routes.ts";
import { synthesizeForTest } from "../synthesized.ts";

const app = synthesizeForTest();
const template = Template.fromJSON(app.template);
afterAll(() => app.remove());

const gatewayRoutes = new Map(
  app
    .resources("AWS::ApiGatewayV2::Route")
    .map(([, properties]) => [properties.RouteKey as string, properties]),
);
const [authorizer] = app.resources("AWS::ApiGatewayV2::Authorizer");

describe("HTTP API", () => {
  test("has the routes of the route table and no others", () => {
    expect([...gatewayRoutes.keys()].toSorted()).toEqual(routes.map(routeKey).toSorted());
  });

  test.each((routes as readonly Route[]).map((route) => [routeKey(route), route] as const))(
    "%s goes to its function, past the authorizer where a role is asked for",
    (key, route) => {
      const properties = gatewayRoutes.get(key);
      const integration = properties?.Target["Fn::Join"][1][1].Ref as string;
      expect(app.properties(integration)).toMatchObject({
        IntegrationType: "AWS_PROXY",
        PayloadFormatVersion: "2.0",
        IntegrationUri: { "Fn::GetAtt": [`${pascalCase(route.function)}Function`, "Arn"] },
      });
      if (Array.isArray(route.access)) {
        expect(properties).toMatchObject({
          AuthorizationType: "CUSTOM",
          AuthorizerId: { Ref: authorizer?.[0] },
        });
      } else {
        expect(properties).toMatchObject({ AuthorizationType: "NONE" });
        expect(properties).not.toHaveProperty("AuthorizerId");
      }
    },
  );

  test("asks the authorizer for a yes or no, by the Authorization header, and remembers it for a minute", () => {
    template.resourceCountIs("AWS::ApiGatewayV2::Authorizer", 1);
    expect(authorizer?.[1]).toMatchObject({
      AuthorizerType: "REQUEST",
      AuthorizerPayloadFormatVersion: "2.0",
      EnableSimpleResponses: true,
      IdentitySource: ["$request.header.Authorization"],
      AuthorizerResultTtlInSeconds: 60,
    });
    expect(JSON.stringify(authorizer?.[1].AuthorizerUri)).toContain('["AuthorizerFunction","Arn"]');
  });

  test("may invoke the functions it has routes for, and the authorizer", () => {
    const invocable = app
      .resources("AWS::Lambda::Permission")
      .filter(([, properties]) => properties.Principal === "apigateway.amazonaws.com")
      .map(([, properties]) => properties.FunctionName["Fn::GetAtt"][0]);
    const called = new Set(routes.map((route) => `${pascalCase(route.function)}Function`));
    expect(invocable.toSorted()).toEqual([...called, "AuthorizerFunction"].toSorted());
  });

  test("is throttled, and leaves CORS to the functions", () => {
    template.hasResourceProperties("AWS::ApiGatewayV2::Stage", {
      StageName: "$default",
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 2000 },
    });
    template.hasResourceProperties("AWS::ApiGatewayV2::Api", {
      ProtocolType: "HTTP",
      CorsConfiguration: Match.absent(),
    });
  });

  test("logs each request as JSON, without path, query string, address or agent", () => {
    const [stage] = app.resources("AWS::ApiGatewayV2::Stage");
    const format = JSON.parse(stage?.[1].AccessLogSettings.Format) as Record<string, string>;
    expect(Object.values(format)).toEqual(expect.arrayContaining(["$context.routeKey", "$context.status"]));
    for (const value of Object.values(format)) {
      expect(value).not.toMatch(/path|query|sourceIp|userAgent|identity|header/i);
    }
    template.hasResourceProperties("AWS::Logs::LogGroup", {
      LogGroupName: "/aws/vendedlogs/touchline-production-http",
      RetentionInDays: 30,
    });
  });
});
