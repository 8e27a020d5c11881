//! What a file's content says about where it runs: directives, imports, framework conventions.

/// A marker: a text that settles where a file runs, and what to say about it.
struct Marker {
    text: &'static str,
    says: &'static str,
}

const fn marker(text: &'static str, says: &'static str) -> Marker {
    Marker { text, says }
}

/// Any of these: the file runs on a server, whatever its directory.
const SERVER: &[Marker] = &[
    marker("server-only", "imports `server-only`"),
    marker("'use server'", "has the `use server` directive"),
    marker("\"use server\"", "has the `use server` directive"),
    marker("getServerSideProps", "has getServerSideProps"),
    marker("getStaticProps", "has getStaticProps"),
    marker("getInitialProps", "has getInitialProps"),
    marker("from 'stripe'", "imports the server SDK"),
    marker("from \"stripe\"", "imports the server SDK"),
    marker("from 'npm:stripe", "imports the server SDK"),
    marker("from \"npm:stripe", "imports the server SDK"),
    marker("esm.sh/stripe", "imports the server SDK"),
    marker("require('stripe')", "requires the server SDK"),
    marker("require(\"stripe\")", "requires the server SDK"),
    marker("next/headers", "imports next/headers"),
    marker("NextApiRequest", "handles requests"),
    marker("NextRequest", "handles requests"),
    marker("export async function POST", "handles requests"),
    marker("export const POST", "handles requests"),
    marker("export async function GET", "handles requests"),
    marker("export async function loader", "has a loader"),
    marker("export const loader", "has a loader"),
    marker("export async function action", "has an action"),
    marker("export const action", "has an action"),
    marker("$env/static/private", "imports private environment variables"),
    marker("$env/dynamic/private", "imports private environment variables"),
    marker("$app/env/private", "imports private environment variables"),
    marker("astro:env/server", "imports the server's environment"),
    marker("defineEventHandler", "is a server route"),
    marker("@remix-run/node", "imports a server runtime"),
    marker("from 'express'", "imports express"),
    marker("from \"express\"", "imports express"),
    marker("require('express')", "requires express"),
    marker("require(\"express\")", "requires express"),
    marker("'fastify'", "imports fastify"),
    marker("\"fastify\"", "imports fastify"),
    marker("'hono'", "imports hono"),
    marker("\"hono\"", "imports hono"),
    marker("@nestjs/", "imports NestJS"),
    marker("aws-lambda", "imports aws-lambda"),
    marker("firebase-functions", "imports firebase-functions"),
    marker("Deno.serve", "serves requests"),
    marker("'node:", "imports Node's modules"),
    marker("\"node:", "imports Node's modules"),
    marker("from 'fs'", "imports Node's modules"),
    marker("require('fs')", "requires Node's modules"),
    marker("require('dotenv", "requires dotenv"),
    marker("'dotenv", "imports dotenv"),
    marker("\"dotenv", "imports dotenv"),
    marker("'@trpc/server", "imports the tRPC server"),
    marker("\"@trpc/server", "imports the tRPC server"),
    marker("import Vapor", "imports Vapor"),
    marker("#!/usr/bin/env node", "is a script"),
];

/// Any of these: the file ships to browsers.
const CLIENT: &[Marker] = &[
    marker("'use client'", "has the `use client` directive"),
    marker("\"use client\"", "has the `use client` directive"),
];

/// Any of these: the file likely ships, unless something says otherwise.
const CLIENT_LIKELY: &[Marker] = &[
    marker("@stripe/react-stripe-js", "imports @stripe/react-stripe-js"),
    marker("@stripe/stripe-js", "imports @stripe/stripe-js"),
    marker("@stripe/stripe-react-native", "imports @stripe/stripe-react-native"),
    marker("js.stripe.com", "loads js.stripe.com"),
    marker("window.Stripe", "uses window.Stripe"),
    marker("document.getElementById", "reads the page"),
    marker("document.querySelector", "reads the page"),
    marker("window.location", "reads the page"),
    marker("from 'react-dom'", "imports react-dom"),
    marker("from \"react-dom\"", "imports react-dom"),
];

/// What a file's text says, each with the sentence's end for a message and the marker's offset.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Says {
    pub(crate) server: Option<(&'static str, usize)>,
    pub(crate) client: Option<(&'static str, usize)>,
    pub(crate) client_likely: Option<(&'static str, usize)>,
}

/// Reads the code of a file, its comments blanked.
pub(crate) fn read(code: &str) -> Says {
    let first = |markers: &[Marker]| {
        markers.iter().find_map(|it| memchr::memmem::find(code.as_bytes(), it.text.as_bytes()).map(|at| (it.says, at)))
    };
    // A directive is the first statement of its file.
    let client = first(CLIENT).filter(|(_, at)| {
        let before = &code[..*at];
        before.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with(['\'', '"']))
    });
    Says { server: first(SERVER), client, client_likely: first(CLIENT_LIKELY) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_and_imports_tell() {
        assert!(read("'use client'\nimport x").client.is_some());
        assert!(read("\n\"use strict\"\n\"use client\";\n").client.is_some());
        assert!(read("const a = \"'use client'\"").client.is_none());
        assert!(read("import Stripe from 'stripe'").server.is_some());
        assert!(read("import { loadStripe } from '@stripe/stripe-js'").client_likely.is_some());
        assert_eq!(read("const a = 1"), Says::default());
    }
}
