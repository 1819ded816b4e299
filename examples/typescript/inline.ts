// Runs the same program without a host: it starts pulumi, which comes back to it.
//
//     node inline.js STACK up|preview|destroy
import { LocalWorkspace, Stack } from "@pulumi/pulumi/automation";
import { declare } from "./pulling";

async function run(name: string, command: string) {
  const workspace = await LocalWorkspace.create({ workDir: ".", program: async () => declare() });
  const stack = await Stack.select(name, workspace);
  const onOutput = (text: string) => process.stdout.write(text);
  switch (command) {
    case "up":
      return stack.up({ onOutput });
    case "preview":
      return stack.preview({ onOutput, expectNoChanges: true });
    case "destroy":
      return stack.destroy({ onOutput });
    default:
      throw new Error(`${command} is none of up, preview and destroy`);
  }
}

run(process.argv[2], process.argv[3]).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
