"""The CMake package of the C++ client: installed from this build, found and used by a project of its own."""
import os
import re
import subprocess
import tempfile
import unittest

PROGRAM = """
#include <iostream>

#include "pavane/event.h"
#include "pavane/publisher.h"
#include "pavane/service.h"

int main() {
  pavane::Event event("BookingCreated");
  event.SetId("b-1").SetSource("booking").SetJson("{}");
  pavane::PublisherOptions options;
  options.address = "unix:/nowhere";
  pavane::Publisher publisher(options);
  std::cout << event.id() << " of " << event.source() << std::endl;
  return publisher.Flush(std::chrono::milliseconds(0)) ? 0 : 1;
}
"""

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(stranger LANGUAGES CXX)
find_package(pavane {version} REQUIRED)
add_executable(stranger main.cc)
target_link_libraries(stranger PRIVATE pavane::client)
"""


class PackageTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.build = os.environ["PAVANE_BUILD"]
        with open(os.path.join(self.build, "CMakeCache.txt"), encoding="utf-8") as cache:
            self.cache = dict(re.findall(r"^(\w+):\w+=(.*)$", cache.read(), re.MULTILINE))

    def run_command(self, *words):
        done = subprocess.run(words, capture_output=True, text=True, timeout=280)
        self.assertEqual(done.returncode, 0, f"{words}: {done.stdout}{done.stderr}")
        return done.stdout

    def write(self, name, text):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(text)

    def test_a_project_of_its_own_builds_with_the_installed_package(self):
        prefix = os.path.join(self.folder, "prefix")
        self.run_command("cmake", "--install", self.build, "--component", "client", "--prefix", prefix)
        self.write("main.cc", PROGRAM)
        self.write("CMakeLists.txt", PROJECT.format(version=self.cache["CMAKE_PROJECT_VERSION"]))
        tree = os.path.join(self.folder, "build")
        # With the flags of this build: a sanitizer wants them in all parts. -O0, since nothing depends on it.
        self.run_command("cmake", "-S", self.folder, "-B", tree, "-G", self.cache["CMAKE_GENERATOR"],
                         f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_COMPILER={self.cache['CMAKE_CXX_COMPILER']}",
                         f"-DCMAKE_CXX_FLAGS={self.cache['CMAKE_CXX_FLAGS']} -O0")
        self.run_command("cmake", "--build", tree)
        self.assertEqual(self.run_command(os.path.join(tree, "stranger")), "b-1 of booking\n")


if __name__ == "__main__":
    unittest.main()
