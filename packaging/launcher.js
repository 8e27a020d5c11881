#!/usr/bin/env node
// Becomes the program of this platform's package, and puts it in its own place, so that node starts once and never again.
"use strict";

const fs = require("fs");
const path = require("path");
const { spawnSync } = require("child_process");

const name = process.platform === "win32" ? "pinstripe.exe" : "pinstripe";
const own = require(path.join(__dirname, "..", "package.json")).name;
const platform = `${own}-${process.platform}-${process.arch}`;

function find() {
  try {
    return require.resolve(`${platform}/bin/${name}`);
  } catch {
    console.error(`error: ${platform} is not installed: either there is none, or npm was told to omit optional packages`);
    process.exit(2);
  }
}

// Only where a link in a directory of programs led here: a script that starts node with this file needs JavaScript.
function replaceItself(program) {
  const beside = `${__filename}.${process.pid}`;
  try {
    if (process.platform === "win32" || !fs.lstatSync(process.argv[1]).isSymbolicLink()) return;
    fs.linkSync(program, beside);
    fs.renameSync(beside, __filename);
  } catch {
    // Another file system, another owner: node starts every time.
    fs.rmSync(beside, { force: true });
  }
}

const program = find();
replaceItself(program);
const words = process.argv.slice(2);
if (process.execve && process.platform !== "win32") {
  try {
    process.execve(program, [program, ...words], process.env);
  } catch {
    // Not allowed here.
  }
}
const ended = spawnSync(program, words, { stdio: "inherit", windowsHide: true });
if (ended.error) {
  console.error(`error: ${program} does not start: ${ended.error.message}`);
  process.exit(2);
}
if (ended.signal) process.kill(process.pid, ended.signal);
process.exit(ended.status ?? 2);
